import { Alert, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import type { CauseCode, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Refusal, type Session } from '../protocol/http';
import { BusyButton } from './BusyButton';
import { Appearance, LanguageChoice } from './Choices';
import { Logo } from './Logo';
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
  onSignedIn: (user: User) => void;
}

export function SignInScreen({ session, lead, accounts, asking, notice, onSignedIn }: SignInScreenProps) {
  const { texts, sentence } = useTranslation();
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<CauseCode | null>(null);
  const reason = refusal ?? notice;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    // Read from the form: what a password manager filled in may not have been announced as typed.
    const form = new FormData(event.currentTarget);
    const field = (key: string) => String(form.get(key) ?? '');
    const name = field('username').trim();
    const password = field('password');
    if (name === '') return;
    setBusy(true);
    try {
      onSignedIn(await session.signIn({ name, password }));
    } catch (error) {
      setRefusal(error instanceof Refusal ? error.code : 'internal');
      setBusy(false);
    }
  };

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
        {asking ? (
          <div className={`card ${classes.form}`}>
            <p className={classes.loading}>{texts.signIn.loading}</p>
            {notice && <Failure code={notice} />}
          </div>
        ) : (
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
            {reason && <Failure code={reason} />}
          </form>
        )}
        <p className={classes.accounts}>{accounts}</p>
      </main>
    </div>
  );

  function Failure({ code }: { code: CauseCode }) {
    return (
      <Alert role="alert" color="red" variant="light" icon={<IconAlertCircle aria-hidden />} className={classes.alert}>
        {sentence(code)}
      </Alert>
    );
  }
}
