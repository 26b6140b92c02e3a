/** What the overview of failures shows of the calls that were chosen. Pure. */
import type { CallVerdict, Failures } from './diagnosis';

export type Period = 'hour' | 'day' | 'week' | 'month';
export const PERIODS: readonly Period[] = ['hour', 'day', 'week', 'month'];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const lengths: Record<Period, number> = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR };
/** What one bar over time stands for. */
const steps: Record<Period, number> = { hour: 5 * MINUTE, day: HOUR, week: 6 * HOUR, month: 24 * HOUR };

export function since(period: Period, now: number): number {
  return now - lengths[period];
}

/** What the calls are narrowed to. */
export interface Choice {
  code: string | null;
  line: string | null;
  group: string | null;
  /** Beginning of the bar over time. */
  at: number | null;
}

export const EVERYTHING: Choice = { code: null, line: null, group: null, at: null };

/** Stands for calls without a line or a line group. */
export const NONE = '';

export function choiceOf(chosen: URLSearchParams): Choice {
  const at = Number(chosen.get('at') ?? NaN);
  return {
    code: chosen.get('code'),
    line: chosen.get('line'),
    group: chosen.get('group'),
    at: Number.isFinite(at) ? at : null,
  };
}

/** The calls that match; a dimension can be left out, so that its own bars show what else could be chosen. */
export function matching(
  calls: readonly CallVerdict[],
  { code, line, group, at }: Choice,
  period: Period,
  without?: keyof Choice,
): CallVerdict[] {
  const fits = (name: keyof Choice, matches: boolean) => name === without || matches;
  return calls.filter(
    (call) =>
      fits('code', code === null || call.code === code) &&
      fits('line', line === null || (call.line ?? NONE) === line) &&
      fits('group', group === null || (call.group ?? NONE) === group) &&
      fits('at', at === null || (call.ended_at >= at && call.ended_at < at + steps[period])),
  );
}

export interface Count {
  name: string;
  count: number;
}

/** How often each value occurs, the most frequent first. */
export function tally(calls: readonly CallVerdict[], value: (call: CallVerdict) => string | null): Count[] {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const name = value(call) ?? NONE;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

export interface Bar {
  at: number;
  count: number;
}

/** A bar for each step of the period, those without calls too. `offset` is the time zone's, in ms to be added to UTC. */
export function overTime(counted: readonly Bar[], from: number, until: number, period: Period, offset: number): Bar[] {
  const step = steps[period];
  const start = (moment: number) => Math.floor((moment + offset) / step) * step - offset;
  const bars: Bar[] = [];
  for (let at = start(from); at <= until && bars.length < 100; at += step) bars.push({ at, count: 0 });
  for (const { at, count } of counted) {
    const bar = bars[Math.round((start(at) - (bars[0]?.at ?? 0)) / step)];
    if (bar) bar.count += count;
  }
  return bars;
}

/** Whether all calls of the time are listed; otherwise only the server can count them. */
export function isWhole({ calls, counts }: Pick<Failures, 'calls' | 'counts'>): boolean {
  return counts.codes.reduce((sum, { count }) => sum + count, 0) <= calls.length;
}
