/** What the person talks, or is held, in: one call or a conference, and what can be done with it. */
import { IconDialpad, IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { isConnected, offers, waits, type Conversation } from '../protocol/select';
import type { CallEntry, Draft } from '../protocol/state';
import { AudioTrouble } from './AudioTrouble';
import classes from './CallPanel.module.css';
import { callTools, type Sheet } from './callTools';
import { Ending, HangUp } from './Ending';
import { isEditable, useShortcuts } from './keyboard';
import { Keypad } from './Keypad';
import { LevelBar } from './LevelBar';
import { Members } from './Members';
import { NoticeBar } from './NoticeBar';
import { Party, Progress, Route } from './Party';
import { Tools, type Tool } from './Tools';

const DTMF = /^[0-9*#]$/;

export interface CallPanelProps {
  phone: Phone;
  conversation: Conversation;
  /** The held call that it can be brought together with. */
  partner: CallEntry | null;
  line: Line | undefined;
  /** Whether keys typed anywhere on the page are for this call. */
  listening: boolean;
  onSheet: (sheet: Sheet) => void;
  /** The other calls. */
  children: ReactNode;
}

export function CallPanel({ phone, conversation, partner, line, listening, onSheet, children }: CallPanelProps) {
  const { texts } = useTranslation();
  const [keypad, setKeypad] = useState(false);
  const [entry] = conversation;
  const { call, muted } = entry;
  const together = conversation.length > 1;
  const held = waits(entry);
  const connected = isConnected(entry);
  const input = phone.input(call.id);
  const sends = offers(conversation, 'generate_digits');
  const onDigit = sends && ((digit: string) => phone.sendDigit(sends.call.id, digit));
  const pads = keypad && onDigit !== null && !held;
  const { main, rare } = callTools({ phone, conversation, partner, line, texts, onSheet });
  const mute: Tool = {
    label: muted ? texts.call.unmute : texts.call.mute,
    icon: muted ? IconMicrophoneOff : IconMicrophone,
    onPress: () => phone.setMuted(call.id, !muted),
    active: muted,
    letter: 'm',
  };
  const keys: Tool = {
    label: texts.call.keypad,
    icon: IconDialpad,
    onPress: () => setKeypad(!keypad),
    pressed: keypad,
    letter: 'k',
  };
  const retrieves = offers(conversation, 'retrieve_call');
  const swaps = partner && offers([...conversation, partner], 'alternate_call');
  const tools = [...(held ? [] : [mute]), ...(onDigit && !held ? [keys] : []), ...main];
  useShortcuts(
    {
      ...Object.fromEntries([...tools, ...rare].map(({ letter, disabled, onPress }) => [letter, !disabled && onPress])),
      // These have their buttons elsewhere.
      ...(retrieves && { h: () => void phone.retrieve(retrieves.call.id) }),
      ...(swaps && { s: () => void phone.swap(call.id, partner.call.id) }),
    },
    listening,
  );
  useDigits(
    (digit) => {
      setKeypad(true);
      onDigit?.(digit);
    },
    listening && connected && onDigit !== null,
  );

  return (
    <Panel>
      <Route direction={call.direction} line={line} />
      <div className={classes.middle} data-compact={pads || undefined}>
        {together ? (
          <Members phone={phone} conversation={conversation} compact={pads} />
        ) : (
          <Party
            number={call.number}
            shown={call.shown}
            picture={call.picture}
            name={call.name}
            calling={!connected && !held}
            held={held}
            size={pads ? 'none' : children ? 'medium' : 'large'}
          />
        )}
        <Progress entry={entry} />
        {pads && <Keypad label={texts.call.keypad} compact onKey={onDigit} />}
      </div>
      <div className={classes.foot}>
        <Digits label={texts.call.sent} digits={entry.sent} />
        <Digits label={texts.call.received} digits={entry.received} />
        {conversation.map((one) => (
          <NoticeBar key={one.call.id} entry={one} onSeen={() => phone.seen(one.call.id)} />
        ))}
        <AudioTrouble entry={entry} />
        {children}
        {!held && (
          <div className={classes.level}>
            {muted ? <IconMicrophoneOff size={16} aria-hidden /> : <IconMicrophone size={16} aria-hidden />}
            <LevelBar stream={input} off={muted} label={muted ? texts.call.muted : texts.call.microphone} />
          </div>
        )}
        <Tools tools={tools} />
        <Tools tools={rare} quiet />
        <Ending phone={phone} conversation={conversation} partner={partner} />
      </div>
    </Panel>
  );
}

/** A call that the server has not confirmed yet. */
export function DraftPanel({ draft, line, onHangUp, children }: DraftPanelProps) {
  const { texts } = useTranslation();
  return (
    <Panel>
      <Route direction="outgoing" line={line} />
      <div className={classes.middle}>
        <Party number={draft.number} shown={draft.number} name={null} calling size={children ? 'medium' : 'large'} />
        <p className={classes.calling} role="status" aria-live="off">
          {texts.call.calling}
        </p>
      </div>
      <div className={classes.foot}>
        {children}
        <HangUp label={texts.call.hangUp} onClick={onHangUp} />
      </div>
    </Panel>
  );
}

interface DraftPanelProps {
  draft: Draft;
  line: Line | undefined;
  onHangUp: () => void;
  /** The other calls. */
  children: ReactNode;
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

function Digits({ label, digits }: { label: string; digits: string }) {
  if (digits === '') return null;
  return (
    <p className={classes.digits} aria-live="polite">
      <span>{label}</span>
      <span className={`numbers ${classes.digitText}`}>{digits}</span>
    </p>
  );
}

/** Digits typed anywhere on the page go into the call. */
function useDigits(onDigit: (digit: string) => void, listening: boolean): void {
  const current = useRef(onDigit);
  useEffect(() => {
    current.current = onDigit;
  });
  useEffect(() => {
    if (!listening) return;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isEditable(event.target)) return;
      if (DTMF.test(event.key)) current.current(event.key);
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [listening]);
}
