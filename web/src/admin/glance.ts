/** What the first page makes of what the server tells. Pure. */
import type { Failures, LineGroups } from '../generated/protocol';
import type { Parted } from './charts';
import { toneOf, type Tone } from './model';
import { barOf, isUsual, overTime, type Count, type Zone } from './tally';

/** Causes that are shown. */
const CAUSES = 5;
const DAY = 24 * 3_600_000;

/** When the day began that a moment belongs to. */
export const dayOf = (moment: number, zone: Zone) => barOf(moment, 'month', zone);

export interface Today {
  all: number;
  bad: number;
  /** A bar for each hour of the day. */
  bars: Parted[];
  /** The most frequent causes. */
  causes: Count[];
}

export function todayOf(report: Failures, zone: Zone): Today {
  const from = report.since;
  // The day after begins a day later, or an hour before or after that.
  const until = dayOf(from + 1.5 * DAY, zone) - 1;
  const count = (value: 'count' | 'bad') =>
    overTime(
      report.ended.map((hour) => ({ at: hour.at, count: hour[value] })),
      from,
      until,
      'day',
      zone,
    );
  const bad = count('bad');
  const bars = count('count').map((bar, place) => ({ ...bar, bad: bad[place]?.count ?? 0 }));
  const sum = (value: 'count' | 'bad') => report.ended.reduce((all, hour) => all + hour[value], 0);
  const causes = report.counts.codes
    .filter((code) => !isUsual(code))
    .slice(0, CAUSES)
    .map(({ code, count }) => ({ name: code, count }));
  return { all: sum('count'), bad: sum('bad'), bars, causes };
}

/** Lines by how they are meant, in the order in which a ring shows them. */
export function ringOf({ line_groups }: LineGroups): { tone: Tone; count: number }[] {
  const tones: readonly Tone[] = ['good', 'wait', 'bad', 'off'];
  const lines = line_groups.flatMap(({ lines }) => lines);
  return tones
    .map((tone) => ({ tone, count: lines.filter(({ state }) => toneOf(state) === tone).length }))
    .filter(({ count }) => count > 0);
}

export const STEPS = ['pbx', 'line', 'user', 'client'] as const;
export type Step = (typeof STEPS)[number];

/** Which steps of a young server are done; null: it is set up, or nothing is known of its users yet. */
export function stepsOf(
  { line_groups }: LineGroups,
  users: number | null,
  clients: number | null,
): { step: Step; done: boolean }[] | null {
  if (users === null || clients === null) return null;
  const done: Record<Step, boolean> = {
    pbx: line_groups.length > 0,
    line: line_groups.some(({ lines }) => lines.length > 0),
    user: users > 0,
    client: clients > 0,
  };
  // Nobody may be signed in on any server, at night for example.
  if (done.pbx && done.line && done.user) return null;
  return STEPS.map((step) => ({ step, done: done[step] }));
}
