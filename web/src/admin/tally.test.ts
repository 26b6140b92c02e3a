import { expect, it } from 'vitest';
import type { CallVerdict } from './diagnosis';
import { choiceOf, EVERYTHING, isWhole, matching, overTime, tally } from './tally';

const HOUR = 3_600_000;
const call = (id: string, code: string, line: string | null, ended_at = 0): CallVerdict => ({
  id,
  started_at: 0,
  ended_at,
  caller: null,
  called: null,
  line,
  group: 'Main',
  code,
  severity: 'failed',
  english: '',
  german: '',
  traced: true,
});
const calls = [
  call('1', 'wrong_password', '201', HOUR),
  call('2', 'no_common_codec', '201', HOUR + 5),
  call('3', 'no_common_codec', null, 3 * HOUR),
];
const ids = (found: CallVerdict[]) => found.map(({ id }) => id);

it('narrows the calls down by all that is chosen', () => {
  const choose = (fields: Partial<typeof EVERYTHING>) => ids(matching(calls, { ...EVERYTHING, ...fields }, 'day'));
  expect(choose({})).toEqual(['1', '2', '3']);
  expect(choose({ code: 'no_common_codec' })).toEqual(['2', '3']);
  expect(choose({ code: 'no_common_codec', line: '201' })).toEqual(['2']);
  expect(choose({ line: '' })).toEqual(['3']);
  expect(choose({ at: HOUR })).toEqual(['1', '2']);
  expect(choose({ group: 'Other' })).toEqual([]);
});

it('lets a chart show what else could be chosen in it', () => {
  const chosen = { ...EVERYTHING, code: 'wrong_password', line: '201' };
  expect(ids(matching(calls, chosen, 'day', 'code'))).toEqual(['1', '2']);
});

it('counts, the most frequent first', () => {
  expect(tally(calls, ({ code }) => code)).toEqual([
    { name: 'no_common_codec', count: 2 },
    { name: 'wrong_password', count: 1 },
  ]);
  expect(tally(calls, ({ line }) => line).map(({ name }) => name)).toEqual(['201', '']);
});

it('has a bar for each hour, in the hours of the time zone', () => {
  const counted = [
    { at: HOUR, count: 2 },
    { at: 3 * HOUR + 1, count: 1 },
  ];
  expect(overTime(counted, HOUR, 3.5 * HOUR, 'day', 0).map(({ count }) => count)).toEqual([2, 0, 1]);
  const half = overTime(counted, HOUR, 3.5 * HOUR, 'day', HOUR / 2);
  expect(half[0]?.at).toBe(HOUR / 2);
  expect(half.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(overTime([{ at: -9 * HOUR, count: 1 }], 0, HOUR, 'day', 0).every(({ count }) => count === 0)).toBe(true);
});

it('reads a choice from an address, whatever stands there', () => {
  expect(choiceOf(new URLSearchParams('code=x&at=5'))).toEqual({ ...EVERYTHING, code: 'x', at: 5 });
  expect(choiceOf(new URLSearchParams('at=never'))).toEqual(EVERYTHING);
});

it('knows when more calls failed than are listed', () => {
  const counts = (count: number) => ({
    codes: [{ code: 'x', count, english: '', german: '', severity: 'failed' as const }],
    lines: [],
    groups: [],
    hours: [],
  });
  expect(isWhole({ calls, counts: counts(3) })).toBe(true);
  expect(isWhole({ calls, counts: counts(900) })).toBe(false);
});
