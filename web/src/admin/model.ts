/** What the administrator's page makes of the server's report. Pure. */
import type { LegReport, LineGroup, LineReport, LineState } from '../generated/protocol';

/** Lines on one page of a table; more would make each poll felt. */
export const PAGE_SIZE = 50;

/** States in the order in which they are counted up: what needs a look comes first. */
export const STATES: readonly LineState[] = [
  'failed',
  'unregistered',
  'registering',
  'waiting',
  'registered',
  'ready',
  'inactive',
];

/** How a state is meant: the colours go by it. */
export type Tone = 'good' | 'wait' | 'bad' | 'off';

export function toneOf(state: LineState): Tone {
  switch (state) {
    case 'registered':
    case 'ready':
      return 'good';
    case 'failed':
    case 'unregistered':
      return 'bad';
    case 'registering':
    case 'waiting':
      return 'wait';
    case 'inactive':
      return 'off';
  }
}

export interface Count {
  state: LineState;
  count: number;
}

/** How many lines are in each state that there is. */
export function countStates(lines: readonly LineReport[]): Count[] {
  const counts = new Map<LineState, number>();
  for (const { state } of lines) counts.set(state, (counts.get(state) ?? 0) + 1);
  return STATES.flatMap((state) => {
    const count = counts.get(state) ?? 0;
    return count > 0 ? [{ state, count }] : [];
  });
}

/** What a group needs: a look at once, a look some time, a moment, or nothing. */
export type Health = 'failing' | 'degraded' | 'settling' | 'working' | 'empty';

export function healthOf(group: LineGroup): Health {
  if (group.cause || group.lines.some(({ state }) => toneOf(state) === 'bad')) return 'failing';
  if (group.targets.some(({ down_since }) => down_since !== null)) return 'degraded';
  if (group.lines.some(({ state }) => toneOf(state) === 'wait')) return 'settling';
  return group.lines.some(({ state }) => toneOf(state) === 'good') || group.bindings.length > 0 ? 'working' : 'empty';
}

export interface Filter {
  text: string;
  state: LineState | null;
  /** Lines that were acted on under this filter: they stay in sight whatever becomes of their state. */
  kept: readonly string[];
}

export const NO_FILTER: Filter = { text: '', state: null, kept: [] };

export function isActive({ text, state }: Pick<Filter, 'text' | 'state'>): boolean {
  return text.trim() !== '' || state !== null;
}

/** A group's lines that the filter lets through. A text that is in the group's name lets all its lines through. */
export function filterLines(group: LineGroup, { text, state, kept }: Filter): LineReport[] {
  const wanted = text.trim().toLowerCase();
  const all = wanted === '' || group.name.toLowerCase().includes(wanted);
  const matches = (line: LineReport) =>
    line.number.toLowerCase().includes(wanted) || line.user_name.toLowerCase().includes(wanted);
  return group.lines.filter(
    (line) => (state === null || line.state === state || kept.includes(line.id)) && (all || matches(line)),
  );
}

/** The groups to show with the lines to show in each. */
export function filterGroups(
  groups: readonly LineGroup[],
  filter: Filter,
): { group: LineGroup; lines: LineReport[] }[] {
  const found = groups.map((group) => ({ group, lines: filterLines(group, filter) }));
  if (!isActive(filter)) return found;
  const wanted = filter.text.trim().toLowerCase();
  const named = ({ name }: LineGroup) => filter.state === null && name.toLowerCase().includes(wanted);
  return found.filter(({ group, lines }) => lines.length > 0 || named(group));
}

/** How a mean opinion score is judged: the categories of speech quality of ITU-T G.109. */
export type Grade = 'best' | 'high' | 'medium' | 'low' | 'poor';

export function gradeOf(mos: number): Grade {
  if (mos >= 4.34) return 'best';
  if (mos >= 4.03) return 'high';
  if (mos >= 3.6) return 'medium';
  return mos >= 3.1 ? 'low' : 'poor';
}

export function toneOfGrade(grade: Grade): Tone {
  switch (grade) {
    case 'best':
    case 'high':
      return 'good';
    case 'medium':
    case 'low':
      return 'wait';
    case 'poor':
      return 'bad';
  }
}

/** The worse of what comes from a leg and what it hears. */
export function worstOf({ mos, mos_remote }: Pick<LegReport, 'mos' | 'mos_remote'>): number | null {
  if (mos === null || mos_remote === null) return mos ?? mos_remote;
  return Math.min(mos, mos_remote);
}

export interface Page<T> {
  items: T[];
  /** From 1; less than was asked for where there are no longer so many. */
  page: number;
  pages: number;
  /** Place of the first item, from 1. */
  first: number;
}

export function pageOf<T>(items: readonly T[], page: number): Page<T> {
  const pages = Math.max(1, Math.ceil(items.length / PAGE_SIZE));
  const shown = Math.min(Math.max(1, page), pages);
  const start = (shown - 1) * PAGE_SIZE;
  return { items: items.slice(start, start + PAGE_SIZE), page: shown, pages, first: start + 1 };
}

export type Unit = 's' | 'min' | 'h' | 'd';

/** A time span in ms, roughly: two digits are enough to act on. Never less than nothing. */
export function roughly(ms: number): { value: number; unit: Unit } {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return { value: seconds, unit: 's' };
  if (seconds < 7200) return { value: Math.floor(seconds / 60), unit: 'min' };
  if (seconds < 172_800) return { value: Math.floor(seconds / 3600), unit: 'h' };
  return { value: Math.floor(seconds / 86_400), unit: 'd' };
}
