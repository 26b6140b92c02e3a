/** What keeps an account safe and where it is signed in, for who looks after it. */
import { Button } from '@mantine/core';
import { IconLock, IconLockOpen, IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { useCallback, useContext, useEffect, useRef, useState } from 'react';
import type { AccountSecurity as Security, SessionReport, SignInReport } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { agentOf } from '../../security/agent';
import { Of } from '../../security/api';
import own from '../../security/security.module.css';
import { SessionList } from '../../security/SessionList';
import { Announce, useReason } from '../announce';
import { useAsk } from './ask';
import { Section } from './Section';

/** Attempts to sign in that are shown. */
const ATTEMPTS = 10;

export interface AccountSecurityProps {
  kind: 'users' | 'administrators';
  id: string;
  name: string;
  may: boolean;
}

interface Known {
  security: Security;
  sessions: SessionReport[];
  attempts: SignInReport[];
}

export function AccountSecurity({ kind, id, name, may }: AccountSecurityProps) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const told = useRef(reason);
  told.current = reason;
  const [of] = useState(() => new Of(kind, id));
  const [known, setKnown] = useState<Known | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [ask, dialog] = useAsk();
  const t = texts.security.admin;
  const load = useCallback(async () => {
    try {
      const [security, { sessions }, { entries }] = await Promise.all([
        of.show(),
        of.sessions(),
        of.attempts(ATTEMPTS),
      ]);
      setKnown({ security, sessions, attempts: entries });
      setFailure(null);
    } catch (error) {
      setFailure(told.current(error));
    }
  }, [of]);
  useEffect(() => void load(), [load]);
  const attempt = async (what: () => Promise<void>, done: string) => {
    try {
      await what();
      announce(done, false);
    } catch (error) {
      announce(texts.security.failed(reason(error)), true);
    }
    await load();
  };
  const removeFactor = async () => {
    const sure = await ask({
      title: t.removeSure(name),
      text: t.removeSureText,
      confirm: texts.security.factor.remove,
      danger: true,
    });
    if (sure) await attempt(of.removeFactor, texts.security.factor.removed);
  };
  const when = (at: number) => new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
  if (known === null) {
    return (
      <Section name="security" title={t.title} text={t.text}>
        {failure === null ? (
          <p className={own.text}>{texts.signIn.loading}</p>
        ) : (
          <div role="alert">
            <p className={own.text}>{failure}</p>
            <Button variant="default" onClick={() => void load()}>
              {texts.security.again}
            </Button>
          </div>
        )}
      </Section>
    );
  }
  const { security, sessions, attempts } = known;
  const { lock, second_factor: factor } = security;
  return (
    <Section name="security" title={t.title} text={t.text}>
      <div className={own.panel}>
        <div className={own.part}>
          <p className={own.state} data-locked={lock !== null || undefined}>
            {lock === null ? <IconLockOpen size={20} aria-hidden /> : <IconLock size={20} aria-hidden />}
            <span>{lock === null ? t.notLocked : t.locked(lock.failures)}</span>
          </p>
          {lock !== null && (
            <>
              <p className={own.text}>
                {t.lockedText(new Date(lock.until).toLocaleTimeString(language, { timeStyle: 'medium' }))}
              </p>
              {may && (
                <div className={own.row}>
                  <Button variant="default" onClick={() => void attempt(of.unlock, t.unlocked)}>
                    {t.unlock}
                  </Button>
                </div>
              )}
            </>
          )}
        </div>
        <div className={own.part}>
          <h3 className={own.heading}>{t.factor}</h3>
          <p className={own.state} data-on={factor !== null || undefined}>
            {factor === null ? <IconShieldOff size={20} aria-hidden /> : <IconShieldCheck size={20} aria-hidden />}
            <span>
              {factor === null
                ? security.second_factor_needed
                  ? t.missing
                  : texts.security.factor.off
                : `${texts.security.factor.on(
                    new Date(factor.since).toLocaleDateString(language, { dateStyle: 'medium' }),
                  )}. ${texts.security.factor.left(factor.recovery_codes)}`}
            </span>
          </p>
          {factor !== null && may && (
            <div className={own.row}>
              <Button variant="default" onClick={() => void removeFactor()}>
                {texts.security.factor.remove}
              </Button>
            </div>
          )}
        </div>
        <div className={own.part}>
          <h3 className={own.heading}>{t.sessions}</h3>
          {sessions.length === 0 ? (
            <p className={own.dimmed}>{t.none}</p>
          ) : (
            <SessionList
              label={t.sessions}
              sessions={sessions}
              onEnd={may ? (session) => attempt(() => of.endSession(session), texts.security.sessions.ended) : null}
            />
          )}
          {sessions.length > 0 && may && (
            <div className={own.row}>
              <Button variant="default" onClick={() => void attempt(of.endAll, texts.security.sessions.ended)}>
                {t.endAll}
              </Button>
            </div>
          )}
        </div>
        <div className={own.part}>
          <h3 className={own.heading}>{t.attempts}</h3>
          {attempts.length === 0 ? (
            <p className={own.dimmed}>{t.noAttempts}</p>
          ) : (
            <ul className={own.attempts} aria-label={t.attempts}>
              {attempts.map(({ id: number, at, outcome, address, user_agent }) => (
                <li key={number} data-failed={outcome.startsWith('wrong') || undefined}>
                  <time className="numbers" dateTime={new Date(at).toISOString()}>
                    {when(at)}
                  </time>
                  <b>{t.outcomes[outcome as keyof typeof t.outcomes] ?? outcome}</b>
                  <span className={own.dimmed}>
                    {texts.security.sessions.from(address)}
                    {user_agent !== '' && ` · ${agentOf(user_agent)?.name ?? ''}`}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
      {dialog}
    </Section>
  );
}
