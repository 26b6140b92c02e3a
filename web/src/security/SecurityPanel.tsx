/** One's own password, second factor and sessions. */
import { Button, PasswordInput } from '@mantine/core';
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react';
import { BusyButton } from '../components/BusyButton';
import type { Enrolment as Enrolling, OwnSecurity, SessionReport } from '../generated/site';
import { useTranslation } from '../i18n';
import type { Own } from './api';
import { Enrolment, RecoveryCodes } from './Enrolment';
import { useFault } from './fault';
import classes from './security.module.css';
import { SessionList } from './SessionList';

/** Whoever it is, for the browser's own list of passwords. */
export interface SecurityPanelProps {
  own: Own;
  login: string;
}

export function SecurityPanel({ own, login }: SecurityPanelProps) {
  const { texts } = useTranslation();
  const [known, setKnown] = useState<{ security: OwnSecurity; sessions: SessionReport[] } | null>(null);
  const [said, setSaid] = useState<{ text: string; failed: boolean } | null>(null);
  const fault = useFault();
  const told = useRef(fault);
  told.current = fault;
  const t = texts.security;
  const load = useCallback(async () => {
    try {
      const [security, { sessions }] = await Promise.all([own.show(), own.sessions()]);
      setKnown({ security, sessions });
    } catch (error) {
      setSaid({ text: told.current(error), failed: true });
    }
  }, [own]);
  useEffect(() => void load(), [load]);
  const attempt = async (what: () => Promise<string>) => {
    try {
      const text = await what();
      setSaid({ text, failed: false });
    } catch (error) {
      setSaid({ text: t.failed(fault(error)), failed: true });
    }
    await load();
  };
  return (
    <div className={classes.panel}>
      <p role="status" className={classes.said} data-failed={said?.failed || undefined}>
        {said?.text}
      </p>
      {known === null ? (
        said?.failed ? (
          <Button variant="default" onClick={() => void load()}>
            {t.again}
          </Button>
        ) : (
          <p className={classes.text}>{texts.signIn.loading}</p>
        )
      ) : (
        <>
          <Factor own={own} login={login} security={known.security} onChanged={() => void load()} />
          <ChangePassword own={own} login={login} security={known.security} onChanged={() => void load()} />
          <section className={classes.part} aria-labelledby="security-sessions">
            <h3 id="security-sessions" className={classes.heading}>
              {t.sessions.title}
            </h3>
            <p className={classes.text}>{t.sessions.text}</p>
            <SessionList
              label={t.sessions.title}
              sessions={known.sessions}
              onEnd={(id) =>
                attempt(async () => {
                  await own.endSession(id);
                  return t.sessions.ended;
                })
              }
            />
            {known.sessions.length > 1 && (
              <div className={classes.row}>
                <Button
                  variant="default"
                  onClick={() => void attempt(async () => t.sessions.endedMany(await own.endOthers()))}
                >
                  {t.sessions.endOthers}
                </Button>
              </div>
            )}
          </section>
        </>
      )}
    </div>
  );
}

interface PartProps extends SecurityPanelProps {
  security: OwnSecurity;
  onChanged: () => void;
}

function ChangePassword({ own, login, security, onChanged }: PartProps) {
  const { texts } = useTranslation();
  const [errors, setErrors] = useState<{ old?: string; now?: string }>({});
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const fault = useFault();
  const t = texts.security.password;
  const field = (name: string) => form.current?.querySelector<HTMLInputElement>(`input[name=${name}]`);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setDone(false);
    const [old, now] = [field('old')?.value ?? '', field('new')?.value ?? ''];
    if (old === '' || now === '') {
      setErrors(old === '' ? { old: t.needed } : { now: t.empty });
      field(old === '' ? 'old' : 'new')?.focus();
      return;
    }
    setBusy(true);
    try {
      await own.changePassword(old, now);
      form.current?.reset();
      setErrors({});
      setDone(true);
      onChanged();
    } catch (error) {
      const ofNew = isAbout(error, '/new');
      setErrors(ofNew ? { now: fault(error) } : { old: fault(error) });
      field(ofNew ? 'new' : 'old')?.focus();
    } finally {
      setBusy(false);
    }
  };
  const toggle = { 'aria-label': t.show, tabIndex: 0 };
  return (
    <section className={classes.part} aria-labelledby="security-password">
      <h3 id="security-password" className={classes.heading}>
        {t.title}
      </h3>
      <p className={classes.text}>{security.password ? t.text : t.inFile}</p>
      {security.password && (
        <form ref={form} className={classes.form} noValidate onSubmit={(event) => void save(event)}>
          <input type="hidden" name="username" autoComplete="username" value={login} readOnly />
          <PasswordInput
            name="old"
            label={t.old}
            autoComplete="current-password"
            error={errors.old}
            visibilityToggleButtonProps={toggle}
          />
          <PasswordInput
            name="new"
            label={t.new}
            description={t.hint(security.min_length)}
            autoComplete="new-password"
            error={errors.now}
            visibilityToggleButtonProps={toggle}
          />
          <BusyButton type="submit" variant="default" busy={busy}>
            {t.change}
          </BusyButton>
        </form>
      )}
      <p role="status" className={classes.dimmed}>
        {done && t.done}
      </p>
    </section>
  );
}

const isAbout = (error: unknown, pointer: string) =>
  typeof error === 'object' &&
  error !== null &&
  'errors' in error &&
  Array.isArray(error.errors) &&
  error.errors.some((each: { pointer?: string }) => each.pointer === pointer);

type Asked = 'setUp' | 'remove' | 'renew';

function Factor({ own, login, security, onChanged }: PartProps) {
  const { texts, language } = useTranslation();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [enrolling, setEnrolling] = useState<Enrolling | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const t = texts.security.factor;
  const { second_factor: factor, second_factor_needed: needed } = security;
  const done = () => {
    setAsked(null);
    setEnrolling(null);
    setCodes(null);
    onChanged();
  };
  const confirmed = async (password: string) => {
    if (asked === 'setUp') setEnrolling(await own.enrol(password));
    else if (asked === 'renew') setCodes((await own.renew(password)).recovery_codes);
    else await own.remove(password).then(done);
  };
  const title = { setUp: t.confirmSetUp, remove: t.confirmRemove, renew: t.confirmRenew };
  const text = { setUp: t.text, remove: t.removeText, renew: t.renewText };
  return (
    <section className={classes.part} aria-labelledby="security-factor">
      <h3 id="security-factor" className={classes.heading}>
        {t.title}
      </h3>
      {enrolling !== null ? (
        <Enrolment own={own} enrolling={enrolling} onDone={done} />
      ) : codes !== null ? (
        <RecoveryCodes codes={codes} onDone={done} />
      ) : asked !== null ? (
        <Confirmation
          key={asked}
          title={title[asked]}
          text={text[asked]}
          login={login}
          onConfirmed={confirmed}
          onClose={() => setAsked(null)}
        />
      ) : (
        <>
          {factor === null && <p className={classes.text}>{t.text}</p>}
          <p className={classes.state} data-on={factor !== null || undefined}>
            {factor === null ? <IconShieldOff size={20} aria-hidden /> : <IconShieldCheck size={20} aria-hidden />}
            <span>
              {factor === null ? (
                t.off
              ) : (
                <>
                  {t.on(new Date(factor.since).toLocaleDateString(language, { dateStyle: 'medium' }))}.{' '}
                  {t.left(factor.recovery_codes)}
                </>
              )}
            </span>
          </p>
          {needed && <p className={classes.text}>{t.needed}</p>}
          <div className={classes.row}>
            <Button variant={factor === null ? 'filled' : 'default'} onClick={() => setAsked('setUp')}>
              {factor === null ? t.setUp : t.replace}
            </Button>
            {factor !== null && (
              <Button variant="default" onClick={() => setAsked('renew')}>
                {t.renew}
              </Button>
            )}
            {factor !== null && !needed && (
              <Button variant="default" onClick={() => setAsked('remove')}>
                {t.remove}
              </Button>
            )}
          </div>
        </>
      )}
    </section>
  );
}

interface ConfirmationProps {
  title: string;
  text: string;
  login: string;
  onConfirmed: (password: string) => Promise<void>;
  onClose: () => void;
}

/** Asks for the password once more. */
function Confirmation({ title, text, login, onConfirmed, onClose }: ConfirmationProps) {
  const { texts } = useTranslation();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const fault = useFault();
  const t = texts.security;
  useEffect(() => field.current?.focus(), []);
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await onConfirmed(field.current?.value ?? '');
    } catch (failure) {
      setError(fault(failure));
      setBusy(false);
      field.current?.select();
    }
  };
  return (
    <form className={classes.form} noValidate aria-label={title} onSubmit={(event) => void confirm(event)}>
      <p className={classes.text}>{text}</p>
      <input type="hidden" name="username" autoComplete="username" value={login} readOnly />
      <PasswordInput
        ref={field}
        label={t.factor.confirm}
        autoComplete="current-password"
        error={error}
        visibilityToggleButtonProps={{ 'aria-label': t.password.show, tabIndex: 0 }}
      />
      <div className={classes.row}>
        <BusyButton type="submit" busy={busy}>
          {t.factor.next}
        </BusyButton>
        <Button variant="default" onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
