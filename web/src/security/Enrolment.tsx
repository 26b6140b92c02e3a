/** Sets up an authenticator app: its QR code, one code of it, then the recovery codes. */
import { Button, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { BusyButton } from '../components/BusyButton';
import type { Enrolment as Enrolling } from '../generated/site';
import { useTranslation } from '../i18n';
import type { Own } from './api';
import { useFault } from './fault';
import classes from './security.module.css';

export interface EnrolmentProps {
  own: Own;
  enrolling: Enrolling;
  /** The codes are kept. */
  onDone: () => void;
}

export function Enrolment({ own, enrolling, onDone }: EnrolmentProps) {
  const { texts } = useTranslation();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const fault = useFault();
  const t = texts.security.enrolment;
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      const code = String(new FormData(event.currentTarget).get('code') ?? '');
      setCodes((await own.confirm(code)).recovery_codes);
    } catch (failure) {
      setError(fault(failure));
      field.current?.select();
    } finally {
      setBusy(false);
    }
  };
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <form className={classes.enrolment} noValidate onSubmit={(event) => void confirm(event)}>
      <p className={classes.text}>{t.scan}</p>
      <img className={classes.qr} src={`data:image/svg+xml,${encodeURIComponent(enrolling.qr)}`} alt={t.picture} />
      <p className={classes.text}>
        {t.type} <code className={classes.key}>{enrolling.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <TextInput
        ref={field}
        name="code"
        label={t.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        data-autofocus
        error={error}
        onChange={() => setError(null)}
      />
      <BusyButton type="submit" busy={busy}>
        {t.check}
      </BusyButton>
    </form>
  );
}

/** Recovery codes, shown this once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { texts } = useTranslation();
  const [copied, setCopied] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const t = texts.security.enrolment;
  // What had the focus is gone.
  useEffect(() => heading.current?.focus(), []);
  const copy = () => void navigator.clipboard.writeText(codes.join('\n')).then(() => setCopied(true));
  return (
    <div className={classes.enrolment}>
      <h3 className={classes.heading} tabIndex={-1} ref={heading}>
        {t.recovery}
      </h3>
      <p className={classes.text}>{t.recoveryText}</p>
      <ul className={classes.codes} aria-label={t.recovery}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={classes.row}>
        {/* Pages without HTTPS have no clipboard. */}
        {'clipboard' in navigator && (
          <Button variant="default" onClick={copy}>
            {t.copy}
          </Button>
        )}
        <Button onClick={onDone}>{t.kept}</Button>
        <span role="status" className={classes.dimmed}>
          {copied && t.copied}
        </span>
      </div>
    </div>
  );
}
