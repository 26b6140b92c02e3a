/** Calls that ring here: a card each, over everything else. */
import { Button } from '@mantine/core';
import { IconPhone, IconPhoneOff, IconPhoneX, IconVolume3 } from '@tabler/icons-react';
import { useEffect, useId, useRef } from 'react';
import type { DeclineReason, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { isSilenced } from '../media/context';
import type { CallEntry } from '../protocol/store';
import { whoIs } from './format';
import classes from './IncomingCalls.module.css';
import { isEditable } from './keyboard';

/** A person who typed this long ago, in ms, still means what was on the screen before … */
const TYPING = 1000;
/** … and their keys do nothing for this long, in ms. */
const KEYS_AFTER = 600;

export interface IncomingCallsProps {
  calls: CallEntry[];
  lines: Line[];
  /** Whether answering ends a call that runs here. */
  inCall: boolean;
  onAnswer: (call: string) => void;
  onDecline: (call: string, reason: DeclineReason) => void;
}

export function IncomingCalls({ calls, lines, inCall, onAnswer, onDecline }: IncomingCallsProps) {
  const first = calls[0]?.call.id;
  const lastKey = useRef(-Infinity);

  useEffect(() => {
    if (!first) return;
    const now = performance.now();
    const deafUntil = now - lastKey.current < TYPING ? now + KEYS_AFTER : now;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      // A focused button does what it says; a second call must not be answered by a stray key.
      const onButton = target?.closest('button') !== null && target !== null;
      const answers =
        !inCall &&
        !isEditable(target) &&
        (event.key === 'a' || event.key === 'A' || (event.key === 'Enter' && !onButton));
      const declines = event.key === 'Escape';
      if (!answers && !declines) return;
      event.preventDefault();
      event.stopPropagation();
      if (performance.now() < deafUntil) return;
      if (answers) onAnswer(first);
      else onDecline(first, 'declined');
    };
    window.addEventListener('keydown', key, true);
    return () => window.removeEventListener('keydown', key, true);
  }, [first, inCall, onAnswer, onDecline]);

  useEffect(() => {
    if (first) return;
    const typed = () => (lastKey.current = performance.now());
    window.addEventListener('keydown', typed);
    return () => window.removeEventListener('keydown', typed);
  }, [first]);

  if (calls.length === 0) return null;
  return (
    <div className={classes.overlay} data-modal={!inCall || undefined}>
      <div className={classes.stack}>
        {calls.map((entry, index) => (
          <Card
            key={entry.call.id}
            entry={entry}
            line={lines.find(({ id }) => id === entry.call.line)}
            inCall={inCall}
            first={index === 0}
            onAnswer={() => onAnswer(entry.call.id)}
            onDecline={(reason) => onDecline(entry.call.id, reason)}
          />
        ))}
      </div>
    </div>
  );
}

interface CardProps {
  entry: CallEntry;
  line: Line | undefined;
  inCall: boolean;
  /** Whether the keys are for this one. */
  first: boolean;
  onAnswer: () => void;
  onDecline: (reason: DeclineReason) => void;
}

function Card({ entry, line, inCall, first, onAnswer, onDecline }: CardProps) {
  const { texts, sentence } = useTranslation();
  const title = useId();
  const card = useRef<HTMLElement>(null);
  const { call, answerFailure } = entry;
  const focused = first && !inCall;

  useEffect(() => {
    if (!focused) return;
    const before = document.activeElement;
    card.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [focused]);

  return (
    <section
      ref={card}
      className={`card ${classes.card}`}
      role="dialog"
      aria-modal={!inCall}
      aria-labelledby={title}
      tabIndex={-1}
    >
      <div className={classes.head}>
        <span className={classes.bell} aria-hidden="true">
          <IconPhone size={22} />
        </span>
        <h2 id={title} className={classes.title}>
          {texts.incoming.title}
        </h2>
        {line && <span className={classes.line}>{texts.dial.lineOption(line.number, line.line_group)}</span>}
      </div>
      <div role="status">
        <p className={classes.who}>{whoIs(call, texts.call.unknown)}</p>
        {call.name && call.number && <p className={`numbers ${classes.number}`}>{call.number}</p>}
      </div>
      {answerFailure && (
        <p className={classes.failure} role="alert">
          {sentence(answerFailure.code)}
        </p>
      )}
      {isSilenced() && (
        <p className={classes.silent}>
          <IconVolume3 size={16} aria-hidden />
          {texts.incoming.silent}
        </p>
      )}
      <div className={classes.buttons}>
        <Button className={classes.answer} leftSection={<IconPhone size={20} aria-hidden />} onClick={onAnswer}>
          {inCall ? texts.incoming.hangUpAndAnswer : texts.incoming.answer}
        </Button>
        <Button
          className={classes.decline}
          leftSection={<IconPhoneOff size={20} aria-hidden />}
          onClick={() => onDecline('declined')}
        >
          {texts.incoming.decline}
        </Button>
        <Button
          className={classes.busy}
          variant="default"
          leftSection={<IconPhoneX size={20} aria-hidden />}
          onClick={() => onDecline('busy')}
        >
          {texts.incoming.busy}
        </Button>
      </div>
      {focused && <p className={classes.keys}>{texts.incoming.keys}</p>}
    </section>
  );
}
