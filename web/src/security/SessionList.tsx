/** Where somebody is signed in. */
import { IconDeviceDesktop, IconDeviceMobile, IconTerminal2 } from '@tabler/icons-react';
import { useState } from 'react';
import { BusyButton } from '../components/BusyButton';
import type { SessionReport } from '../generated/site';
import { useTranslation } from '../i18n';
import { agentOf } from './agent';
import classes from './security.module.css';

export interface SessionListProps {
  label: string;
  sessions: readonly SessionReport[];
  /** Ends one; null: who looks may not. */
  onEnd: ((id: string) => Promise<void>) | null;
}

export function SessionList({ label, sessions, onEnd }: SessionListProps) {
  const { texts, language } = useTranslation();
  const [ending, setEnding] = useState<string | null>(null);
  const t = texts.security.sessions;
  const when = (at: number) => new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  const end = async (id: string) => {
    setEnding(id);
    try {
      await onEnd?.(id);
    } finally {
      setEnding(null);
    }
  };
  return (
    <ul className={classes.sessions} aria-label={label}>
      {sessions.map(({ id, user_agent, address, created_at, used_at, current }) => {
        const agent = agentOf(user_agent);
        const name = agent === null ? t.unknown : agent.system === '' ? agent.name : t.on(agent.name, agent.system);
        const Icon =
          agent?.system === 'Android' || agent?.system === 'iOS'
            ? IconDeviceMobile
            : agent?.system === ''
              ? IconTerminal2
              : IconDeviceDesktop;
        return (
          <li key={id}>
            <Icon size={22} aria-hidden />
            <div className={classes.what}>
              <b title={user_agent}>{name}</b>
              {current && <span className={classes.here}>{t.here}</span>}
              <span className={classes.dimmed}>
                {address !== '' && <>{t.from(address)} · </>}
                {t.made(when(created_at))} · {t.used(when(used_at))}
              </span>
            </div>
            {onEnd !== null && !current && (
              <BusyButton
                variant="default"
                size="xs"
                busy={ending === id}
                aria-label={t.endThis(name)}
                onClick={() => void end(id)}
              >
                {t.end}
              </BusyButton>
            )}
          </li>
        );
      })}
    </ul>
  );
}
