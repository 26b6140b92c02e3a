/** How what is being typed would be dialled: the server is asked when the person pauses. */
import { createContext, useContext, useEffect, useState } from 'react';
import { fieldsOf, NOTHING_CHOSEN, type Answer, type DialChoice, type Question } from '../dialling';
import type { CauseCode, Line } from '../generated/protocol';

export type Ask = (question: Question) => Promise<Answer>;

/** Asks the server; null: nobody can be asked. */
export const Asking = createContext<Ask | null>(null);

/** A pause in typing, in ms. */
const PAUSE = 200;

/** What a person can do something about while they type; anything else is none of their business yet. */
const TOLD: readonly CauseCode[] = [
  'invalid_number',
  'number_suppressed',
  'unknown_project',
  'pin_needed',
  'user_number_needed',
];

export interface Typed {
  line: Pick<Line, 'id' | 'dialling'> | undefined;
  number: string;
  /** Whether calls are to be forwarded there. */
  forwarding?: boolean;
  choice?: DialChoice;
}

/** How it would be dialled. What was last known stays until the next answer is there. */
export function usePreview({ line, number, forwarding = false, choice = NOTHING_CHOSEN }: Typed): Answer {
  const ask = useContext(Asking);
  const [answer, setAnswer] = useState<Answer>(null);
  const dialling = line?.dialling ?? null;
  const typed = number.trim();
  const key =
    ask === null || line === undefined || dialling === null || typed === ''
      ? ''
      : JSON.stringify({
          type: 'preview_number',
          line: line.id,
          number: typed,
          ...(forwarding && { forwarding }),
          ...fieldsOf(dialling, choice),
        } satisfies Question);
  useEffect(() => {
    if (key === '' || ask === null) return setAnswer(null);
    let wanted = true;
    const timer = setTimeout(() => {
      void ask(JSON.parse(key) as Question).then((told) => {
        if (wanted) setAnswer(told?.cause && !TOLD.includes(told.cause.code) ? null : told);
      });
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [ask, key]);
  return key === '' ? null : answer;
}
