import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { CauseCode, SignIn } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Refusal, type Session, type SignedIn } from '../protocol/http';
import { BusyButton } from './BusyButton';
import { Appearance, LanguageChoice } from './Choices';
import { Logo } from './Logo';
import { Failure } from './SignInFailure';
import classes from './SignInScreen.module.css';

export interface SignInScreenProps {
  session: Session;
  /** What one signs in for, and where accounts come from. */
  lead: string;
  accounts: string;
  /** Whether it is still being found out if somebody is signed in. */
  asking: boolean;
  /** Why the person is here, where there is a reason. */
  notice: CauseCode | null;
  onSignedIn: (user: SignedIn) => void;
}

export function SignInScreen({ session, lead, accounts, asking, notice, onSignedIn }: SignInScreenProps) {
  const { texts } = useTranslation();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  /** What was right so far, while the second factor is asked for. */
  const [known, setKnown] = useState<SignIn | null>(null);
  const reason = refusal ?? (notice && new Refusal(notice));
  const tell = (error: unknown) => setRefusal(error instanceof Refusal ? error : new Refusal('internal'));

  const enter = async (body: SignIn) => {
    try {
      onSignedIn(await session.signIn(body));
    } catch (error) {
      if (error instanceof Refusal && error.code === 'code_needed') {
        setRefusal(null);
        setKnown(body);
        return;
      }
      // The password has been changed meanwhile.
      if (error instanceof Refusal && error.code === 'sign_in_failed') setKnown(null);
      tell(error);
    }
  };

  return (
    <SignInFrame lead={lead} accounts={accounts}>
      {asking ? (
        <div className={`card ${classes.form}`}>
          <p className={classes.loading}>{texts.signIn.loading}</p>
          {notice && <Failure refusal={new Refusal(notice)} />}
        </div>
      ) : known !== null ? (
        <Code
          refusal={refusal}
          onCode={(code) => enter({ ...known, code })}
          onBack={() => {
            setKnown(null);
            setRefusal(null);
          }}
        />
      ) : (
        <Password refusal={reason} onEntered={enter} />
      )}
    </SignInFrame>
  );
}

/** The page around what is asked for. */
export function SignInFrame({ lead, accounts, children }: { lead: string; accounts?: string; children: ReactNode }) {
  const { texts } = useTranslation();
  return (
    <div className={classes.page}>
      <header className={classes.choices}>
        <LanguageChoice />
        <Appearance />
      </header>
      <main className={classes.main}>
        <div className={classes.brand}>
          <Logo size={48} />
          <span className={classes.wordmark}>{texts.wordmark}</span>
        </div>
        <p className={classes.lead}>{lead}</p>
        {children}
        {accounts && <p className={classes.accounts}>{accounts}</p>}
      </main>
    </div>
  );
}

function Password({ refusal, onEntered }: { refusal: Refusal | null; onEntered: (body: SignIn) => Promise<void> }) {
  const { texts } = useTranslation();
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    // Read from the form: what a password manager filled in may not have been announced as typed.
    const form = new FormData(event.currentTarget);
    const field = (key: string) => String(form.get(key) ?? '');
    const name = field('username').trim();
    if (name === '') return;
    setBusy(true);
    await onEntered({ name, password: field('password') });
    setBusy(false);
  };
  return (
    <form className={`card ${classes.form}`} onSubmit={(event) => void submit(event)}>
      <h1 className={classes.title}>{texts.signIn.title}</h1>
      <TextInput
        label={texts.signIn.user}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        size="md"
      />
      <PasswordInput
        label={texts.signIn.password}
        name="password"
        autoComplete="current-password"
        size="md"
        visible={shown}
        onVisibilityChange={setShown}
        visibilityToggleButtonProps={{
          'aria-label': shown ? texts.signIn.hidePassword : texts.signIn.showPassword,
          'aria-hidden': false,
          tabIndex: 0,
        }}
      />
      <BusyButton type="submit" size="md" fullWidth busy={busy}>
        {texts.signIn.submit}
      </BusyButton>
      {refusal && <Failure refusal={refusal} />}
    </form>
  );
}

interface CodeProps {
  refusal: Refusal | null;
  onCode: (code: string) => Promise<void>;
  onBack: () => void;
}

/** The second step: a code of the authenticator app. */
function Code({ refusal, onCode, onBack }: CodeProps) {
  const { texts } = useTranslation();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = (field.current?.value ?? '').trim();
    if (busy || code === '') return;
    setBusy(true);
    await onCode(code);
    setBusy(false);
    field.current?.select();
  };
  return (
    <form className={`card ${classes.form}`} onSubmit={(event) => void submit(event)}>
      <h1 className={classes.title}>{texts.security.codeTitle}</h1>
      <p className={classes.text}>{texts.security.codeText}</p>
      <TextInput
        ref={field}
        label={texts.security.code}
        name="code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={20}
        size="md"
      />
      <BusyButton type="submit" size="md" fullWidth busy={busy}>
        {texts.signIn.submit}
      </BusyButton>
      {refusal && <Failure refusal={refusal} />}
      <Button variant="subtle" onClick={onBack}>
        {texts.security.back}
      </Button>
    </form>
  );
}
