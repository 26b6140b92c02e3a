/** The call that runs on this device: state, time, and what can be done with it. */
import { Badge, Button, UnstyledButton } from '@mantine/core';
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconDialpad,
  IconLock,
  IconLockOpen,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconUser,
} from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Direction, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import type { CallEntry, Draft } from '../protocol/store';
import classes from './CallPanel.module.css';
import { initials, whoIs } from './format';
import { isEditable } from './keyboard';
import { Keypad } from './Keypad';
import { LevelBar } from './LevelBar';
import { Timer } from './Timer';

const HD = ['g722', 'opus'];
const DTMF = /^[0-9*#]$/;

export interface CallPanelProps {
  entry: CallEntry;
  line: Line | undefined;
  input: MediaStream | null;
  /** Whether digits typed anywhere on the page go into the call. */
  listening: boolean;
  onDigit: (digit: string) => void;
  onMute: (muted: boolean) => void;
  onHangUp: () => void;
}

export function CallPanel({ entry, line, input, listening, onDigit, onMute, onHangUp }: CallPanelProps) {
  const { texts } = useTranslation();
  const [keypad, setKeypad] = useState(false);
  const { call, muted, connectedAt } = entry;
  const connected = call.state === 'connected' && call.remote_state === 'connected';

  useEffect(() => {
    if (!listening || !connected) return;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isEditable(event.target)) return;
      if (!DTMF.test(event.key)) return;
      setKeypad(true);
      onDigit(event.key);
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [listening, connected, onDigit]);

  return (
    <Panel>
      <Route direction={call.direction} line={line} />
      <div className={classes.middle} data-compact={keypad || undefined}>
        <Party number={call.number} name={call.name} waiting={!connected} compact={keypad} />
        <div className={classes.progress}>
          <p className={classes.status} role="status">
            {stateText(entry, texts)}
          </p>
          {connectedAt !== null && <Timer since={connectedAt} label={texts.call.duration} />}
          {call.codec && (
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
          {call.security && <Padlock closed={call.security !== 'plain'} texts={texts} />}
        </div>
        {keypad && <Keypad label={texts.call.keypad} compact onKey={onDigit} />}
      </div>
      <div className={classes.foot}>
        <Digits label={texts.call.sent} digits={entry.sent} />
        <Digits label={texts.call.received} digits={entry.received} />
        {connected && entry.audio === 'interrupted' && (
          <p className={classes.warning} role="alert">
            {texts.call.noAudio}
          </p>
        )}
        <div role="status">
          {connected &&
            call.silence.map(({ party, address }) => (
              <p key={party} className={classes.warning}>
                {party === 'pbx' ? texts.call.silentPbx(address) : texts.call.silentBrowser}
              </p>
            ))}
        </div>
        <div className={classes.level}>
          {muted ? <IconMicrophoneOff size={16} aria-hidden /> : <IconMicrophone size={16} aria-hidden />}
          <LevelBar stream={input} off={muted} label={muted ? texts.call.muted : texts.call.microphone} />
        </div>
        <div className={classes.tools}>
          <UnstyledButton className={classes.tool} data-active={muted || undefined} onClick={() => onMute(!muted)}>
            {muted ? <IconMicrophoneOff size={24} aria-hidden /> : <IconMicrophone size={24} aria-hidden />}
            <span>{muted ? texts.call.unmute : texts.call.mute}</span>
          </UnstyledButton>
          <UnstyledButton
            className={classes.tool}
            aria-pressed={keypad}
            data-active={keypad || undefined}
            onClick={() => setKeypad(!keypad)}
          >
            <IconDialpad size={24} aria-hidden />
            <span>{texts.call.keypad}</span>
          </UnstyledButton>
        </div>
        <HangUp label={texts.call.hangUp} onClick={onHangUp} />
      </div>
    </Panel>
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

/** A call that the server has not confirmed yet. */
export function DraftPanel({ draft, line, onHangUp }: { draft: Draft; line: Line | undefined; onHangUp: () => void }) {
  const { texts } = useTranslation();
  return (
    <Panel>
      <Route direction="outgoing" line={line} />
      <div className={classes.middle}>
        <Party number={draft.number} name={null} waiting compact={false} />
        <div className={classes.progress}>
          <p className={classes.status} role="status">
            {texts.call.calling}
          </p>
        </div>
      </div>
      <div className={classes.foot}>
        <HangUp label={texts.call.hangUp} onClick={onHangUp} />
      </div>
    </Panel>
  );
}

/** Takes the focus from the button that was pressed and is gone. */
function Panel({ children }: { children: ReactNode }) {
  const { texts } = useTranslation();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <section ref={panel} className={classes.panel} aria-label={texts.call.panel} tabIndex={-1}>
      {children}
    </section>
  );
}

function Route({ direction, line }: { direction: Direction; line: Line | undefined }) {
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

function Party(props: { number: string; name: string | null; waiting: boolean; compact: boolean }) {
  const { number, name, waiting, compact } = props;
  const { texts } = useTranslation();
  return (
    <div className={classes.party}>
      {!compact && (
        <div className={classes.avatar} data-waiting={waiting || undefined} aria-hidden="true">
          {initials(name) || <IconUser size={44} stroke={1.5} />}
        </div>
      )}
      <h2 className={classes.who} data-long={whoIs({ number, name }, '').length > 16 || undefined}>
        {whoIs({ number, name }, texts.call.unknown)}
      </h2>
      {name && number && <p className={`numbers ${classes.sub}`}>{number}</p>}
    </div>
  );
}

function Digits({ label, digits }: { label: string; digits: string }) {
  if (digits === '') return null;
  return (
    <p className={classes.digits} aria-live="polite">
      <span>{label}</span>
      <span className={`numbers ${classes.digitText}`}>{digits}</span>
    </p>
  );
}

function HangUp({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button className={classes.hangUp} leftSection={<IconPhoneOff size={22} aria-hidden />} onClick={onClick}>
      {label}
    </Button>
  );
}

function stateText({ call, answering }: CallEntry, texts: Texts): string {
  if (call.state === 'connected' && call.remote_state === 'connected') return texts.call.connected;
  if (answering || call.direction === 'incoming') return texts.call.connecting;
  return call.remote_state === 'alerting' ? texts.call.ringing : texts.call.calling;
}
