/** Asking the server what becomes of numbers. */
import { useEffect, useState } from 'react';
import type {
  AfterAnswer,
  ExplainedNumber,
  ExplainNumber,
  LocationObject,
  NumberNetwork,
  NumberNote,
  WhatIf,
} from '../../../generated/site';
import { notes } from '../../../generated/siteTables';
import type { Language } from '../../../i18n';
import type { SiteTexts } from '../../../i18n/site.en';
import { parsed, Problem, request } from '../../../protocol/http';
import { sent } from '../../parts/rest';
import { inLanguage } from '../rights';

const BASE = '/api/v1/admin/numbers';
/** How long a person has typed nothing before the server is asked, in ms. */
const PAUSE = 250;

async function ask<T>(what: string, body: object, signal: AbortSignal): Promise<T> {
  return parsed<T>(await request(`${BASE}/${what}`, { method: 'POST', signal, ...sent(body) }));
}

export const explain = (question: ExplainNumber, signal: AbortSignal) =>
  ask<ExplainedNumber>('explain', question, signal);

export const networkOf = (location: string | null, draft: LocationObject | null, signal: AbortSignal) =>
  ask<NumberNetwork>('network', { location, draft }, signal);

/** Numbers that are listed at most: more than anybody reads. */
const MOST_CHANGED = 500;

/** What a draft would have made of past numbers, the latest first, part after part: `tell` gets all parts so far. */
export async function whatIf(
  location: string,
  draft: LocationObject,
  signal: AbortSignal,
  tell: (sofar: WhatIf) => void,
): Promise<void> {
  let sofar: WhatIf | null = null;
  do {
    const part: WhatIf = await ask<WhatIf>('what-if', { location, draft, before: sofar?.next ?? null }, signal);
    sofar = sofar === null ? part : both(sofar, part);
    tell(sofar);
  } while (sofar.next !== null);
}

function both(one: WhatIf, next: WhatIf): WhatIf {
  const changed = [...one.changed, ...next.changed];
  return {
    ...next,
    checked: one.checked + next.checked,
    total: one.total + next.total,
    changed: changed.slice(0, MOST_CHANGED),
    truncated: one.truncated || next.truncated || changed.length > MOST_CHANGED,
  };
}

/** The sentence of a note. */
export function noteSentence({ code, values }: NumberNote, language: Language): string {
  // A newer server may know more notes than this page.
  const known = Object.hasOwn(notes, code) ? inLanguage(notes[code], language) : [code, ...values].join(' ');
  return values.reduce((sentence, value) => sentence.replace('{}', () => value), known);
}

/** What is sent when a call is answered. */
export const afterAnswer = (then: readonly AfterAnswer[], t: SiteTexts['rules']['simulator']) =>
  then.map((each) => ('pause' in each ? t.pause(each.pause) : each.digits)).join(' ');

/** The outcome in a sentence; `whole`: with the whole number that is dialled. */
export function outcome(
  explained: ExplainedNumber,
  t: SiteTexts['rules']['simulator'],
  language: Language,
  whole = false,
): string {
  const { dialled, reported, not_dialled: not, shown, place } = explained;
  const where = place === undefined ? '' : `, ${inLanguage(place, language)}`;
  const people = (number: string) => (shown !== undefined && shown !== number ? [t.shownAs(shown + where)] : []);
  if (reported) return [t.is(`${reported.number} (${t.reach[reported.reach]})`), ...people(reported.number)].join(' ');
  if (dialled) {
    const leads = dialled.emergency ? t.emergency : t.reach[dialled.reach];
    const number = `${dialled.number} (${leads})`;
    const then = afterAnswer(dialled.then, t);
    const gets = then === '' ? t.gets(number) : t.getsAndThen(number, then);
    return [gets, ...people(dialled.number), ...(whole ? [t.whole(dialled.canonical)] : [])].join(' ');
  }
  if (not === undefined) return t.nothingShown;
  if (typeof not === 'string') return t.notDialled[not];
  if ('unknown_project' in not) return t.notDialled.unknown_project(not.unknown_project);
  const { missing } = not;
  if ('pin' in missing) return missing.pin === 0 ? t.notDialled.pin : t.notDialled.pinOf(missing.pin);
  return missing.user === 0 ? t.notDialled.user : t.notDialled.userOf(missing.user);
}

export interface Computed<T> {
  value: T | null;
  failure: unknown;
  busy: boolean;
}

const NOTHING_ASKED = { key: null, value: null, failure: null };

/** Asks once nothing has been typed for a moment; what was asked before is of no interest then. A null key asks nothing. */
export function useComputed<T>(key: string | null, compute: (signal: AbortSignal) => Promise<T>): Computed<T> {
  const [state, set] = useState<{ key: string | null; value: T | null; failure: unknown }>(NOTHING_ASKED);
  useEffect(() => {
    // What was asked before that is no answer to what is asked next.
    if (key === null) return set(NOTHING_ASKED);
    const over = new AbortController();
    const timer = setTimeout(() => {
      compute(over.signal).then(
        (value) => over.signal.aborted || set({ key, value, failure: null }),
        (failure: unknown) => over.signal.aborted || set({ key, value: null, failure }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [key]);
  if (key === null) return { value: null, failure: null, busy: false };
  // What came last stays to be seen until the next is there.
  return { value: state.value, failure: state.failure, busy: state.key !== key };
}

/** What is wrong with a draft: pointers into it, and sentences. */
export function draftProblems(failure: unknown) {
  const errors = failure instanceof Problem ? failure.errors : [];
  return errors
    .filter(({ pointer }) => pointer.startsWith('/draft/'))
    .map((error) => ({ ...error, pointer: error.pointer.slice('/draft'.length) }));
}
