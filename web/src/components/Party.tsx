/** Who is at the other end, and how it stands with them. */
import { Badge } from '@mantine/core';
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconLock,
  IconLockOpen,
  IconPlayerRecordFilled,
} from '@tabler/icons-react';
import type { Direction, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import { isConnected } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import { whoIs } from './format';
import classes from './Party.module.css';
import { PhoneNumber, Who } from './PhoneNumber';
import { Portrait, useColleague } from './Portrait';
import { Timer } from './Timer';

const HD = ['g722', 'opus'];

/** Which way the call went, and over which line. */
export function Route({ direction, line }: { direction: Direction; line: Line | undefined }) {
  const { texts } = useTranslation();
  const Icon = direction === 'outgoing' ? IconArrowUpRight : IconArrowDownLeft;
  return (
    <p className={classes.route}>
      <Icon size={16} aria-hidden />
      <span>{direction === 'outgoing' ? texts.call.outgoing : texts.call.incoming}</span>
      {line && <span className={classes.via}>{texts.call.via(line.number)}</span>}
    </p>
  );
}

export interface PartyProps {
  number: string;
  /** The number in the form for people. */
  shown: string;
  name: string | null;
  /** Where the picture of whose number it is is; null: none is known by the server. */
  picture?: string | null;
  /** How much room there is. */
  size: 'large' | 'medium' | 'none';
  /** Rings of light: nobody talks yet. */
  calling?: boolean;
  /** Drawn back: nobody talks now. */
  held?: boolean;
}

export function Party({ number, shown, name, picture: known = null, size, calling = false, held = false }: PartyProps) {
  const colleague = useColleague(number);
  const picture = known ?? colleague;
  return (
    <div className={classes.party} data-size={size}>
      {size !== 'none' && (
        <div
          className={classes.avatar}
          data-waiting={calling || undefined}
          data-held={held || undefined}
          aria-hidden="true"
        >
          <Portrait picture={picture} name={name} size={size === 'large' ? 104 : 72} />
        </div>
      )}
      <h2 className={classes.who} data-long={whoIs({ shown, name }, '').length > 16 || undefined}>
        <Who number={number} shown={shown} name={name} />
      </h2>
      {name && shown && (
        <p className={classes.sub}>
          <PhoneNumber number={number} shown={shown} />
        </p>
      )}
    </div>
  );
}

/** State, time, codec, and whether it is recorded and encrypted. */
export function Progress({ entry }: { entry: CallEntry }) {
  const { texts } = useTranslation();
  const { call, connectedAt, heldAt } = entry;
  return (
    <div className={classes.progress}>
      {/* A status for tools that look for one; the announcer speaks. */}
      <p className={classes.status} role="status" aria-live="off" data-held={heldAt !== null || undefined}>
        {stateText(entry, texts)}
      </p>
      {heldAt !== null ? (
        <Timer since={heldAt} label={texts.call.heldFor} />
      ) : (
        connectedAt !== null && <Timer since={connectedAt} label={texts.call.duration} />
      )}
      {call.codec && heldAt === null && (
        <Badge
          className={classes.codec}
          variant="light"
          size="sm"
          title={texts.call.codec(call.codec)}
          aria-label={texts.call.codec(call.codec)}
        >
          {HD.includes(call.codec.toLowerCase()) ? `${call.codec} · HD` : call.codec}
        </Badge>
      )}
      {call.recorded && isConnected(entry) && (
        <Badge
          variant="light"
          color="red"
          size="sm"
          className={classes.codec}
          leftSection={<IconPlayerRecordFilled size={10} aria-hidden />}
        >
          {texts.call.recorded}
        </Badge>
      )}
      {call.security && <Padlock closed={call.security !== 'plain'} texts={texts} />}
      {call.diverted_by && (
        <p className={classes.diverted}>{texts.call.divertedBy(whoIs(call.diverted_by, texts.call.unknown))}</p>
      )}
    </div>
  );
}

/** Whether the audio towards the PBX is encrypted. */
function Padlock({ closed, texts }: { closed: boolean; texts: Texts }) {
  const label = closed ? texts.call.encrypted : texts.call.unencrypted;
  const Icon = closed ? IconLock : IconLockOpen;
  return (
    <span className={classes.padlock} role="img" title={label} aria-label={label}>
      <Icon size={16} aria-hidden />
    </span>
  );
}

/** How it stands with a call, in a few words. */
export function stateText({ call, answering }: CallEntry, texts: Texts): string {
  if (answering) return texts.call.connecting;
  if (call.transferring_to !== null) return texts.call.transferring(call.transferring_to);
  if (call.state === 'held') return texts.call.held;
  if (call.state === 'queued' || call.remote_state === 'queued') return texts.call.waiting;
  if (call.state === 'connected' && call.remote_state === 'held') return texts.call.heldThere;
  if (call.state === 'connected' && call.remote_state === 'connected') return texts.call.connected;
  if (call.direction === 'incoming') return texts.call.connecting;
  return call.remote_state === 'alerting' ? texts.call.ringing : texts.call.calling;
}
