/** Who is in the conference. */
import { ActionIcon } from '@mantine/core';
import { IconUser, IconUserMinus } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { isConnected, isPending, type Conversation } from '../protocol/select';
import { initials, whoIs } from './format';
import classes from './Members.module.css';
import { PhoneNumber, Who } from './PhoneNumber';
import { stateText } from './Party';

export interface MembersProps {
  phone: Phone;
  conversation: Conversation;
  /** Only the names, where something else needs the room. */
  compact: boolean;
}

export function Members({ phone, conversation, compact }: MembersProps) {
  const { texts } = useTranslation();
  const names = conversation.map(({ call }) => whoIs(call, texts.call.unknown));
  if (compact) return <h2 className={classes.title}>{names.join(', ')}</h2>;
  return (
    <section className={classes.members} aria-label={texts.call.members}>
      <h2 className={classes.title}>{texts.call.conference}</h2>
      <ul className={classes.list}>
        {conversation.map((entry) => (
          <li key={entry.call.id} className={classes.member}>
            <span className={classes.avatar} aria-hidden="true">
              {initials(entry.call.name) || <IconUser size={20} stroke={1.5} />}
            </span>
            <span className={classes.names}>
              <span className={classes.who}>
                <Who {...entry.call} />
              </span>
              {entry.call.name && (
                <PhoneNumber className={classes.number} number={entry.call.number} shown={entry.call.shown} />
              )}
            </span>
            {!isConnected(entry) && <span className={classes.state}>{stateText(entry, texts)}</span>}
            {entry.call.services.includes('clear_connection') && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size={34}
                aria-label={texts.call.remove(whoIs(entry.call, texts.call.unknown))}
                title={texts.call.remove(whoIs(entry.call, texts.call.unknown))}
                disabled={isPending(conversation)}
                onClick={() => void phone.removeFromConference(entry.call.id)}
              >
                <IconUserMinus size={18} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
        <li className={classes.member}>
          <span className={classes.avatar} data-own aria-hidden="true">
            <IconUser size={20} stroke={1.5} />
          </span>
          <span className={classes.who}>{texts.call.you}</span>
        </li>
      </ul>
    </section>
  );
}
