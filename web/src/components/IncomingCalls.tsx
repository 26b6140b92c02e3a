/** Calls that ring here: a card each, over everything else. */
import { useEffect, useRef } from 'react';
import type { DeclineReason, Line } from '../generated/protocol';
import type { CallEntry } from '../protocol/state';
import { IncomingCard } from './IncomingCard';
import classes from './IncomingCalls.module.css';
import { isEditable } from './keyboard';

/** A person who typed this long ago, in ms, still means what was on the screen before … */
const TYPING = 1000;
/** … and their keys do nothing for this long, in ms. */
const KEYS_AFTER = 600;

export interface IncomingCallsProps {
  calls: CallEntry[];
  lines: Line[];
  /** Whether the person is in a call: keys are for that one then. */
  inCall: boolean;
  /** Whom answering puts on hold. */
  talkingTo: string | null;
  onAnswer: (call: string) => void;
  onDecline: (call: string, reason: DeclineReason) => void;
  onDeflect: (call: string, number: string) => void;
}

export function IncomingCalls(props: IncomingCallsProps) {
  const { calls, lines, inCall, talkingTo, onAnswer, onDecline, onDeflect } = props;
  const first = calls[0]?.call.id;
  const declinable = calls[0]?.call.services.includes('decline_call') ?? false;
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
      const declines = event.key === 'Escape' && declinable && !isEditable(target);
      if (!answers && !declines) return;
      event.preventDefault();
      event.stopPropagation();
      if (performance.now() < deafUntil) return;
      if (answers) onAnswer(first);
      else onDecline(first, 'declined');
    };
    window.addEventListener('keydown', key, true);
    return () => window.removeEventListener('keydown', key, true);
  }, [first, declinable, inCall, onAnswer, onDecline]);

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
          <IncomingCard
            key={entry.call.id}
            entry={entry}
            line={lines.find(({ id }) => id === entry.call.line)}
            inCall={inCall}
            talkingTo={talkingTo}
            first={index === 0}
            onAnswer={() => onAnswer(entry.call.id)}
            onDecline={(reason) => onDecline(entry.call.id, reason)}
            onDeflect={(number) => onDeflect(entry.call.id, number)}
          />
        ))}
      </div>
    </div>
  );
}
