/** Moments of the server's clock, as people say them. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import { formatDuration } from '../components/format';
import { useTranslation } from '../i18n';
import { roughly } from './model';

/** What to add to this computer's clock to get the server's, in ms. */
export const ClockOffset = createContext(0);

// One timer for all that is shown.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, 1000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

const present = () => now;

function useServerNow(): number {
  return useSyncExternalStore(subscribe, present, present) + useContext(ClockOffset);
}

/** A time span in words. */
export function useSpan(): (ms: number) => string {
  const { texts } = useTranslation();
  return (ms) => {
    const { value, unit } = roughly(ms);
    return texts.admin.span[unit](value);
  };
}

/** A moment as a distance from the present, with date and time for who points at it. */
export function Moment({ at, say }: { at: number; say: (span: string) => string }) {
  const { language } = useTranslation();
  const serverNow = useServerNow();
  const offset = useContext(ClockOffset);
  const span = useSpan();
  // By this computer's clock, which is the one that the person looks at.
  const date = new Date(at - offset);
  const exact = date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
  return (
    <time className="numbers" dateTime={date.toISOString()} title={exact}>
      {say(span(Math.abs(at - serverNow)))}
    </time>
  );
}

/** Runs towards a moment. */
export function Countdown({ at }: { at: number }) {
  const { texts } = useTranslation();
  const left = at - useServerNow();
  return (
    <span className="numbers" role="timer">
      {left < 500 ? texts.admin.due : formatDuration(left + 500)}
    </span>
  );
}
