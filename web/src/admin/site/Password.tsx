/** A password is set; none is ever shown. */
import { PasswordInput } from '@mantine/core';
import { useContext, useRef, useState, type FormEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { setPassword, useSettings, type Secretive } from './objects';
import { Section } from './Section';
import classes from './site.module.css';

export interface PasswordProps {
  kind: Secretive;
  id: string;
  /** Whose it is, so that the browser's own list of passwords does not mix it up with the administrator's. */
  login: string;
  /** What it is for, where it is not a person's. */
  words?: { title: string; text: string };
}

export function Password({ kind, id, login, words }: PasswordProps) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const settings = useSettings();
  const [password, set] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const t = texts.admin.site.password;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = (said: string) => {
      setError(said);
      field.current?.focus();
    };
    if (password === '') return wrong(t.empty);
    setBusy(true);
    try {
      await setPassword(kind, id, password);
      set('');
      setError(null);
      announce(t.done, false);
    } catch (failure) {
      const [first] = failure instanceof Problem ? failure.errors : [];
      wrong(first ? faultSentence(first, language) : reason(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section name="password" title={words?.title ?? t.title} text={words?.text ?? t.text}>
      <form className={classes.password} noValidate onSubmit={(event) => void save(event)}>
        <input type="hidden" name="username" autoComplete="username" value={login} readOnly />
        <PasswordInput
          ref={field}
          label={t.label}
          description={settings && !words ? t.hint(settings.password.min_length) : undefined}
          autoComplete="new-password"
          value={password}
          error={error}
          onChange={({ currentTarget }) => {
            set(currentTarget.value);
            setError(null);
          }}
          visibilityToggleButtonProps={{ 'aria-label': t.show, tabIndex: 0 }}
        />
        <BusyButton type="submit" variant="default" busy={busy}>
          {t.set}
        </BusyButton>
      </form>
    </Section>
  );
}
