/** Lines of others that the user is shown: what happens there, and calls that can be picked up. */
import { ActionIcon, Button, Modal } from '@mantine/core';
import { IconArrowForwardUp, IconBellOff, IconPhoneIncoming } from '@tabler/icons-react';
import { useId, useState } from 'react';
import type { Line, MonitoredCall, MonitoredForwarding, MonitoredLine } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import type { Phone } from '../phone';
import { isUsable } from '../protocol/select';
import { Forwardings } from './Forwardings';
import { whoIs } from './format';
import classes from './Lines.module.css';
import { Portrait } from './Portrait';
import signs from './LineSigns.module.css';
import dialog from './SettingsDialog.module.css';

/** A list with more lines than this is scrolled by itself. */
const LONG = 12;

export interface MonitoredLinesProps {
  phone: Phone;
  monitored: readonly MonitoredLine[];
  /** The user's own lines, one of which takes a call. */
  lines: readonly Line[];
  /** A call rings here, which is more urgent than any setting. */
  rings: boolean;
  /** Nothing can be taken now: the server is away, or a call is just being placed. */
  disabled: boolean;
  /** Takes the call that rings at a number, by an own line. */
  onPickUp: (line: string, number: string) => void;
}

export function MonitoredLines({ phone, monitored, lines, rings, disabled, onPickUp }: MonitoredLinesProps) {
  const { texts } = useTranslation();
  /** The line whose forwarding is being set. */
  const [chosen, setChosen] = useState('');
  if (monitored.length === 0) return null;
  // Where it rings comes first: nobody searches a list while somebody waits.
  const rank = (line: MonitoredLine) => Number(statusOf(line) !== 'ringing');
  const sorted = [...monitored].sort((one, other) => rank(one) - rank(other) || Number(one.id) - Number(other.id));
  const long = sorted.length > LONG;
  // Who loses the right, or the line, has nothing to set any more.
  const set = monitored.find(({ id, services }) => id === chosen && services.includes('set_forwarding'));
  return (
    <section className={`card ${classes.card}`} aria-label={texts.monitored.title}>
      <h2 className="cardTitle">{texts.monitored.title}</h2>
      <ul
        className={`${classes.list} ${long ? classes.long : ''}`}
        aria-label={texts.monitored.title}
        tabIndex={long ? 0 : undefined}
      >
        {sorted.map((line) => (
          <Row
            key={line.id}
            line={line}
            own={takerOf(lines, line)}
            disabled={disabled}
            onPickUp={onPickUp}
            onSet={() => setChosen(line.id)}
          />
        ))}
      </ul>
      <Modal
        opened={set !== undefined && !rings}
        classNames={{ title: dialog.title }}
        onClose={() => setChosen('')}
        title={set && texts.monitored.forwardingOf(set.owner ?? set.number)}
        closeButtonProps={{ 'aria-label': texts.settings.close }}
        centered
        radius="lg"
      >
        {set && <Forwardings phone={phone} line={set} settable />}
      </Modal>
    </section>
  );
}

/** How it stands with a line, in one word. */
export type MonitoredStatus = 'free' | 'ringing' | 'calling' | 'talking' | 'held' | 'unusable';

export function statusOf({ calls, state }: MonitoredLine): MonitoredStatus {
  if (calls.some((call) => call.state === 'alerting')) return 'ringing';
  if (calls.some((call) => call.state === 'connected' && call.connected_at !== null)) return 'talking';
  if (calls.some((call) => call.state === 'connected' || call.state === 'initiated')) return 'calling';
  if (calls.some((call) => call.state === 'held')) return 'held';
  return state === 'registered' || state === 'ready' ? 'free' : 'unusable';
}

/** The own line that takes a call of another: one of the same line group that picks up. */
function takerOf(lines: readonly Line[], { line_group }: MonitoredLine): Line | null {
  const can = (line: Line) => line.line_group === line_group && line.services.includes('directed_pickup_call');
  const all = lines.filter(can);
  return all.find(isUsable) ?? all[0] ?? null;
}

interface RowProps {
  line: MonitoredLine;
  own: Line | null;
  disabled: boolean;
  onPickUp: (line: string, number: string) => void;
  /** Sets its forwarding. */
  onSet: () => void;
}

function Row({ line, own, disabled, onPickUp, onSet }: RowProps) {
  const { texts } = useTranslation();
  const reason = useId();
  const status = statusOf(line);
  const name = line.owner ?? line.number;
  const rings = line.calls.find(({ services }) => services.includes('directed_pickup_call'));
  return (
    <li className={classes.line} data-status={status}>
      {(line.owner !== null || line.picture !== null) && (
        <Portrait picture={line.picture} name={line.owner} size={40} />
      )}
      <div className={classes.names}>
        <span className={`${line.owner ? '' : 'numbers '}${classes.who}`}>{name}</span>
        <span className={classes.lineGroup}>
          {line.owner && <span className="numbers">{line.number} · </span>}
          {line.line_group}
        </span>
      </div>
      <span className={classes.state} data-state={STATES[status]}>
        {texts.monitored.status[status]}
      </span>
      {rings && (
        <Button
          size="xs"
          className={classes.pickUp}
          leftSection={<IconPhoneIncoming size={16} aria-hidden />}
          aria-label={texts.monitored.pickUp(name)}
          aria-describedby={own ? undefined : reason}
          disabled={disabled || !own}
          onClick={() => own && onPickUp(own.id, line.number)}
        >
          {texts.pickup.submit}
        </Button>
      )}
      {line.services.includes('set_forwarding') && (
        <ActionIcon
          variant="default"
          size={32}
          aria-label={texts.monitored.forwardingOf(name)}
          title={texts.monitored.forwardingOf(name)}
          onClick={onSet}
        >
          <IconArrowForwardUp size={18} aria-hidden />
        </ActionIcon>
      )}
      {rings && !own && (
        <p id={reason} className={classes.cause}>
          {texts.monitored.noLine(line.line_group)}
        </p>
      )}
      {line.calls.length > 0 && (
        <ul className={classes.others}>
          {line.calls.map((call) => (
            <li key={call.id}>{callText(call, texts)}</li>
          ))}
        </ul>
      )}
      <div className={classes.signs}>
        <Signs line={line} />
      </div>
    </li>
  );
}

/** The colours of lines' states. */
const STATES: Record<MonitoredStatus, Line['state']> = {
  free: 'ready',
  ringing: 'waiting',
  calling: 'failed',
  talking: 'failed',
  held: 'failed',
  unusable: 'inactive',
};

function callText({ direction, shown, name }: MonitoredCall, texts: Texts): string {
  if (shown === null) return direction === 'incoming' ? texts.monitored.somebodyCalls : texts.monitored.callsSomebody;
  const who = whoIs({ shown, name }, texts.call.unknown);
  const both = name && shown ? `${name} (${shown})` : who;
  return direction === 'incoming' ? texts.monitored.from(both) : texts.monitored.to(both);
}

function Signs({ line }: { line: MonitoredLine }) {
  const { texts } = useTranslation();
  if (!line.do_not_disturb && line.forwardings.length === 0) return null;
  return (
    <ul className={signs.signs} aria-label={texts.monitored.settingsOf(line.number)}>
      {line.do_not_disturb && (
        <li className={signs.sign} data-kind="quiet">
          <IconBellOff size={15} aria-hidden />
          {texts.line.doNotDisturb}
        </li>
      )}
      {line.forwardings.map((forwarding) => (
        <li
          key={`${forwarding.kind} ${forwarding.callers}`}
          className={signs.sign}
          data-kind={forwarding.kind === 'immediate' ? 'away' : undefined}
        >
          <IconArrowForwardUp size={15} aria-hidden />
          {signOf(forwarding, texts)}
        </li>
      ))}
    </ul>
  );
}

function signOf({ kind, callers, to }: MonitoredForwarding, texts: Texts): string {
  const where = to === null ? texts.monitored.forwarded[kind] : texts.line.sign[kind](to);
  return where + texts.line.only[callers];
}
