import { expect, it } from 'vitest';
import type { TraceWhat } from '../../generated/protocol';
import { diagnosisEn } from '../../i18n/diagnosis.en';
import { wholeText, wordsFor } from './words';

const words = (what: TraceWhat) => wordsFor(what, diagnosisEn.ladder, 'en');
const client = (content: unknown) => words({ kind: 'client', text: JSON.stringify(content) });

it('says of a client message what it is and what matters in it', () => {
  expect(client({ id: 3, type: 'make_call', line: 'line-1', number: '601' })).toMatchObject({
    title: 'make_call',
    about: '601',
  });
  expect(client({ type: 'call', call: { id: '7', state: 'alerting', number: '110' } })).toMatchObject({
    title: 'call',
    about: '110 alerting',
  });
});

it('says a cause in a sentence, not by its code', () => {
  const refused: TraceWhat = { kind: 'media', event: 'refused', detail: 'no_common_codec' };
  expect(words(refused).about).toMatch(/^The two sides/);
  expect(wordsFor(refused, diagnosisEn.ladder, 'de').about).toMatch(/^Die beiden Seiten/);
  expect(client({ type: 'decline_call', call: '7', reason: 'busy' }).about).not.toBe('busy');
  expect(client({ type: 'x', code: 'toString' }).about).toBe('toString');
});

it('takes client messages that are no messages', () => {
  for (const text of ['', 'null', '[1]', '{', '"x"', '{"type":5}']) {
    expect(words({ kind: 'client', text })).toMatchObject({ tone: 'client', about: '' });
  }
});

it('says of a step where it leads, and nothing twice', () => {
  const step = (before: string, after: string) => words({ kind: 'step', input: 'BYE', before, after });
  expect(step('connected', 'null')).toMatchObject({ title: 'connected → null', about: 'BYE' });
  expect(step('held', 'held')).toMatchObject({ title: 'held', about: 'BYE' });
  expect(step('', '')).toMatchObject({ title: 'BYE', about: '' });
});

it('colours what is wrong', () => {
  expect(words({ kind: 'media', event: 'never_heard', detail: null }).tone).toBe('bad');
  expect(words({ kind: 'media', event: 'connected', detail: null }).tone).toBe('good');
  expect(words({ kind: 'failure', why: 'not_resolved', detail: 'pbx.example' })).toMatchObject({
    title: 'Name not found',
    about: 'pbx.example',
    tone: 'bad',
  });
});

it('knows what a newer server calls something that it does not know', () => {
  const event = 'something_new' as 'heard';
  expect(words({ kind: 'media', event, detail: null }).title).toBe('something_new');
});

it('spreads JSON over lines and leaves other messages as they are', () => {
  const event = (what: TraceWhat) => ({ at: 0, from: 0, to: 1, what });
  expect(wholeText(event({ kind: 'client', text: '{"a":1}' }))).toBe('{\n  "a": 1\n}');
  expect(wholeText(event({ kind: 'client', text: '{"a":' }))).toBe('{"a":');
  const sip = { kind: 'sip', transport: 'udp', source: '', destination: '', text: 'A\r\nB\r\n\r\n' } as const;
  expect(wholeText(event(sip))).toBe('A\nB');
  expect(wholeText(event({ kind: 'step', input: '', before: '', after: '' }))).toBeNull();
});
