/** What the overview of failures shows of the calls that were chosen. Pure. */
import type { CallVerdict, Failures } from '../generated/protocol';

export type Period = 'hour' | 'day' | 'week' | 'month';
export const PERIODS: readonly Period[] = ['hour', 'day', 'week', 'month'];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const lengths: Record<Period, number> = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR };
/** What one bar over time stands for. */
const steps: Record<Period, number> = { hour: 5 * MINUTE, day: HOUR, week: 6 * HOUR, month: 24 * HOUR };

/** What a moment's wall clock is ahead of UTC, in ms. */
export type Zone = (moment: number) => number;

/** This computer's: it changes with daylight saving time, so each moment has its own. */
export const LOCAL: Zone = (moment) => -new Date(moment).getTimezoneOffset() * MINUTE;

/** Beginning of the bar that a moment belongs to. */
export function barOf(moment: number, period: Period, zone: Zone): number {
  const step = steps[period];
  const wall = Math.floor((moment + zone(moment)) / step) * step;
  // An hour that is there twice is two bars; longer ones begin when the clock on the wall says so.
  if (step <= HOUR) return wall - zone(moment);
  return wall - zone(wall - zone(moment));
}

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
  zone: Zone,
  without?: keyof Choice,
): CallVerdict[] {
  const fits = (name: keyof Choice, matches: boolean) => name === without || matches;
  return calls.filter(
    (call) =>
      fits('code', code === null || call.code === code) &&
      fits('line', line === null || (call.line ?? NONE) === line) &&
      fits('group', group === null || (call.group ?? NONE) === group) &&
      fits('at', at === null || barOf(call.ended_at, period, zone) === at),
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

/** A bar for each step of the period, those without calls too. */
export function overTime(counted: readonly Bar[], from: number, until: number, period: Period, zone: Zone): Bar[] {
  const bars = new Map<number, Bar>();
  // A day may have an hour more or less: a quarter of a step beyond its usual end is within the next bar.
  const next = (at: number) => barOf(at + 1.25 * steps[period], period, zone);
  for (let at = barOf(from, period, zone); at <= until && bars.size < 100; at = next(at)) {
    bars.set(at, { at, count: 0 });
  }
  for (const { at, count } of counted) {
    const bar = bars.get(barOf(at, period, zone));
    if (bar) bar.count += count;
  }
  return [...bars.values()];
}

/** Whether an end belongs to telephoning. */
export const isUsual = ({ severity }: Pick<CallVerdict, 'severity'>) => severity === 'fine' || severity === 'usual';

/** Whether all calls of the time are listed; otherwise only the server can count them. */
export function isWhole({ calls, counts }: Pick<Failures, 'calls' | 'counts'>): boolean {
  return counts.codes.reduce((sum, { count }) => sum + count, 0) <= calls.length;
}
