import { expect, it } from 'vitest';
import type { CallVerdict } from '../generated/protocol';
import { barOf, choiceOf, EVERYTHING, isWhole, matching, overTime, tally, type Zone } from './tally';

const HOUR = 3_600_000;
const UTC: Zone = () => 0;
/** The clocks of Berlin go back on 25 October 2026 at 1:00 UTC, and went ahead on 29 March. */
const BACK = Date.UTC(2026, 9, 25, 1);
const AHEAD = Date.UTC(2026, 2, 29, 1);
const BERLIN: Zone = (moment) => (moment >= AHEAD && moment < BACK ? 2 : 1) * HOUR;
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
  const choose = (fields: Partial<typeof EVERYTHING>) => ids(matching(calls, { ...EVERYTHING, ...fields }, 'day', UTC));
  expect(choose({})).toEqual(['1', '2', '3']);
  expect(choose({ code: 'no_common_codec' })).toEqual(['2', '3']);
  expect(choose({ code: 'no_common_codec', line: '201' })).toEqual(['2']);
  expect(choose({ line: '' })).toEqual(['3']);
  expect(choose({ at: HOUR })).toEqual(['1', '2']);
  expect(choose({ group: 'Other' })).toEqual([]);
});

it('lets a chart show what else could be chosen in it', () => {
  const chosen = { ...EVERYTHING, code: 'wrong_password', line: '201' };
  expect(ids(matching(calls, chosen, 'day', UTC, 'code'))).toEqual(['1', '2']);
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
  expect(overTime(counted, HOUR, 3.5 * HOUR, 'day', UTC).map(({ count }) => count)).toEqual([2, 0, 1]);
  const half = overTime(counted, HOUR, 3.5 * HOUR, 'day', () => HOUR / 2);
  expect(half[0]?.at).toBe(HOUR / 2);
  expect(half.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(overTime([{ at: -9 * HOUR, count: 1 }], 0, HOUR, 'day', UTC).every(({ count }) => count === 0)).toBe(true);
});

it('counts each call once when the clocks change', () => {
  for (const change of [BACK, AHEAD]) {
    for (const period of ['hour', 'day', 'week', 'month'] as const) {
      const span = { hour: 1, day: 24, week: 168, month: 720 }[period] * HOUR;
      const [from, until] = [change - span / 2, change + span / 2];
      const moments = Array.from({ length: 97 }, (_, n) => ({ at: from + (n * (until - from)) / 97, count: 1 }));
      const bars = overTime(moments, from, until, period, BERLIN);
      expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(97);
      expect(bars.every(({ at }, n) => n === 0 || at > (bars[n - 1]?.at ?? 0))).toBe(true);
      // What a bar counts is what choosing it lists.
      for (const { at, count } of bars) {
        const called = moments.map(({ at }, n) => call(String(n), 'x', null, at));
        expect(matching(called, { ...EVERYTHING, at }, period, BERLIN)).toHaveLength(count);
      }
    }
  }
});

it('begins days at midnight and keeps the hour that is there twice apart', () => {
  const days = overTime([], BACK - 36 * HOUR, BACK + 36 * HOUR, 'month', BERLIN);
  expect(days.map(({ at }) => new Date(at + BERLIN(at)).getUTCHours())).toEqual([0, 0, 0, 0]);
  expect(overTime([], BACK - HOUR, BACK + HOUR, 'day', BERLIN).map(({ at }) => at)).toEqual([
    BACK - HOUR,
    BACK,
    BACK + HOUR,
  ]);
  expect(barOf(BACK + 5, 'day', BERLIN)).toBe(BACK);
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
