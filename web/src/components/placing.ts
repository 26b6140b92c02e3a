/** Calls go with what is chosen for their line, once what that asks for is entered. */
import { useState } from 'react';
import {
  fieldsOf,
  keepChoice,
  keptChoice,
  lacks,
  NOTHING_CHOSEN,
  type ChosenFields,
  type DialChoice,
} from '../dialling';
import type { CauseCode, Line } from '../generated/protocol';
import type { Ask } from './preview';

/** What has to be entered before a number is called. */
export interface Wanting {
  line: string;
  number: string;
  entry: 'pin' | 'user';
}

export interface Placing {
  choiceOf: (line: Line | undefined) => DialChoice;
  choose: (line: Line, choice: DialChoice) => void;
  place: (line: Line, number: string) => Promise<void>;
  wanting: Wanting | null;
  /** The person is asked for it. */
  asked: () => void;
}

const ENTRIES: Partial<Record<CauseCode, Wanting['entry']>> = { pin_needed: 'pin', user_number_needed: 'user' };

/** What is chosen is as it was last in this browser. */
export function usePlacing(
  user: string,
  ask: Ask | null,
  onCall: (line: string, number: string, chosen: ChosenFields) => void,
): Placing {
  const [chosen, setChosen] = useState({ number: '', choice: NOTHING_CHOSEN });
  const [wanting, setWanting] = useState<Wanting | null>(null);
  const choiceOf = (line: Line | undefined) => {
    if (!line) return NOTHING_CHOSEN;
    return line.number === chosen.number ? chosen.choice : keptChoice(user, line.number);
  };
  const choose = ({ number }: Line, choice: DialChoice) => {
    setChosen({ number, choice });
    keepChoice(user, number, choice);
  };
  const place = async (line: Line, number: string) => {
    const choice = choiceOf(line);
    const fields = fieldsOf(line.dialling, choice);
    // A call waits for an answer only where something may be missing: the server knows which numbers need it.
    if (line.dialling && lacks(line.dialling, choice)) {
      const answer = await ask?.({ type: 'preview_number', line: line.id, number, ...fields });
      const entry = answer?.cause && ENTRIES[answer.cause.code];
      if (entry) return setWanting({ line: line.id, number, entry });
    }
    onCall(line.id, number, fields);
    // It is entered for each call.
    choose(line, { ...choice, pin: '' });
  };
  return { choiceOf, choose, place, wanting, asked: () => setWanting(null) };
}
