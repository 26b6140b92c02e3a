import { expect, it } from 'vitest';
import type { Failures, LineGroups } from '../generated/protocol';
import { dayOf, ringOf, stepsOf, todayOf } from './glance';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UTC = () => 0;

const code = (code: string, count: number, severity: 'failed' | 'usual') => ({
  code,
  count,
  severity,
  english: code,
  german: code,
});
const report = (ended: Failures['ended'], codes: Failures['counts']['codes'] = []): Failures => ({
  since: 10 * DAY,
  until: 10 * DAY + 9.5 * HOUR,
  calls: [],
  counts: { codes, lines: [], groups: [], hours: [] },
  ended,
});

it('has a bar for each hour of the day, those to come among them', () => {
  const today = todayOf(
    report([
      { at: 10 * DAY + 8 * HOUR, count: 7, bad: 2 },
      { at: 10 * DAY + 9 * HOUR, count: 3, bad: 0 },
    ]),
    UTC,
  );
  expect(today).toMatchObject({ all: 10, bad: 2 });
  expect(today.bars).toHaveLength(24);
  expect(today.bars[8]).toEqual({ at: 10 * DAY + 8 * HOUR, count: 7, bad: 2 });
  expect(today.bars[23]).toEqual({ at: 10 * DAY + 23 * HOUR, count: 0, bad: 0 });
});

it('has an hour less on the day when the clocks go forward', () => {
  // At two o'clock of this day it is three.
  const zone = (moment: number) => (moment < 10 * DAY + HOUR ? HOUR : 2 * HOUR);
  const since = dayOf(10 * DAY + 12 * HOUR, zone);
  expect(since).toBe(10 * DAY - HOUR);
  expect(todayOf({ ...report([]), since }, zone).bars).toHaveLength(23);
});

it('names causes only of calls that failed', () => {
  const codes = [code('busy', 40, 'usual'), code('no_common_codec', 3, 'failed')];
  expect(todayOf(report([], codes), UTC).causes).toEqual([{ name: 'no_common_codec', count: 3 }]);
});

const groups = (...states: string[]) =>
  ({ line_groups: [{ lines: states.map((state) => ({ state })) }] }) as unknown as LineGroups;

it('shows lines by how they are meant', () => {
  expect(ringOf(groups('registered', 'failed', 'ready', 'unregistered', 'registered'))).toEqual([
    { tone: 'good', count: 3 },
    { tone: 'bad', count: 2 },
  ]);
});

it('says what to do next until there are a PBX, a line and a user', () => {
  const none = { line_groups: [] } as unknown as LineGroups;
  expect(stepsOf(none, null, 0)).toBeNull();
  expect(stepsOf(none, 0, 0)?.map(({ done }) => done)).toEqual([false, false, false, false]);
  expect(stepsOf(groups('registered'), 0, 0)?.map(({ done }) => done)).toEqual([true, true, false, false]);
  expect(stepsOf(groups('registered'), 1, 0)).toBeNull();
});
