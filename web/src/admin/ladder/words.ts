/** What happened, in a few words and with a colour. Pure. */
import type { TraceEvent, TraceWhat } from '../../generated/protocol';
import type { DiagnosisTexts } from '../../i18n/diagnosis.en';
import { causeSentence } from '../../i18n/causes';
import type { Language } from '../../i18n/numbers';
import { glance, meaningOf } from './sip';

/** How an event is meant: the colours go by it. */
export type Tone = 'plain' | 'dim' | 'good' | 'wait' | 'bad' | 'client';

export interface Words {
  title: string;
  /** What stands behind the title where there is room. */
  about: string;
  tone: Tone;
  /** Whether the message describes audio. */
  sdp: boolean;
}

export function wordsFor(what: TraceWhat, texts: DiagnosisTexts['ladder'], language: Language): Words {
  switch (what.kind) {
    case 'sip': {
      const seen = glance(what.text);
      return { title: seen.title, about: seen.about, tone: tones[meaningOf(seen)], sdp: seen.sdp };
    }
    case 'client':
      return { ...ofClient(what.text, language), tone: 'client', sdp: false };
    case 'step': {
      const { input, before, after } = what;
      const title = before === after || before === '' ? after : `${before} → ${after}`;
      return { title: title || input, about: title ? input : '', tone: 'dim', sdp: false };
    }
    case 'number': {
      const { meant, text, result, shown, refused, location } = what;
      const became = result ?? (refused === null ? null : inWords(refused, language));
      const title = [text, became].filter(Boolean).join(' → ') || texts.privateNumber;
      const also = shown !== null && shown !== result ? [texts.shownAs(shown)] : [];
      const about = [texts.meant[meant], ...also, location].join(' · ');
      return { title, about, tone: refused === null ? 'dim' : 'bad', sdp: false };
    }
    case 'media': {
      const tone = good.has(what.event) ? 'good' : bad.has(what.event) ? 'bad' : 'plain';
      return {
        title: texts.mediaEvent[what.event] ?? what.event,
        about: what.detail === null ? '' : inWords(what.detail, language),
        tone,
        sdp: false,
      };
    }
    case 'failure':
      return { title: texts.failure[what.why] ?? what.why, about: what.detail, tone: 'bad', sdp: false };
  }
}

const tones = { request: 'plain', progress: 'dim', success: 'good', pending: 'wait', failure: 'bad' } as const;
const good: ReadonlySet<string> = new Set(['connected', 'heard']);
const bad: ReadonlySet<string> = new Set(['lost', 'refused', 'silent', 'never_heard']);

/** What stands behind the type of a client message, in this order. */
const TELLING = ['number', 'to', 'state', 'status', 'digit', 'reason', 'code'];
/** Those of them that are codes of causes. */
const CODES: ReadonlySet<string> = new Set(['reason', 'code']);

/** A cause's code as its sentence; anything else as it is. */
export const inWords = (text: string, language: Language) => causeSentence(text, language) ?? text;

function ofClient(text: string, language: Language): Pick<Words, 'title' | 'about'> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { title: text.slice(0, 80), about: '' };
  }
  if (!isObject(message)) return { title: text.slice(0, 80), about: '' };
  const inner = Object.values(message).filter(isObject);
  const about = TELLING.flatMap((key) => {
    const value = [message, ...inner].map((each) => each[key]).find((each) => typeof each === 'string');
    return typeof value === 'string' ? [CODES.has(key) ? inWords(value, language) : value] : [];
  });
  return { title: typeof message.type === 'string' ? message.type : text.slice(0, 80), about: about.join(' ') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A message as it is read best: JSON is spread over lines. */
export function wholeText({ what }: TraceEvent): string | null {
  if (what.kind === 'sip') return what.text.replace(/\r\n/g, '\n').trimEnd();
  if (what.kind !== 'client') return null;
  try {
    return JSON.stringify(JSON.parse(what.text), null, 2);
  } catch {
    return what.text;
  }
}
