/** Where everything of a ladder stands: a column per party, a row per event, time from top to bottom. Pure. */
import type { LegReport, Trace, TraceEvent, TraceParty } from '../../generated/protocol';
import { formatNumber } from '../../i18n/numbers';

/** A row's height, in pixels. */
export const ROW = 36;
/** From the top of a row to its arrow. */
export const ARROW = 25;
/** What a silence that is cut out takes. */
export const GAP = 34;
/** A silence longer than this is cut out, in ms. */
export const CUT = 3000;
/** Room that time itself may take between two rows; a silence of `CUT` takes all of it. */
const STRETCH = 22;
/** Above the first row and below the last one. */
export const MARGIN = 12;
/** Lanes nearer to each other than this cannot be read; the ladder then scrolls sideways. */
const NARROWEST = 96;
const WIDEST = 360;
/** A ladder narrower than this is on a phone. */
export const NARROW = 560;

/** An event and the repetitions of it that came later. */
export interface Folded {
  /** Place in the trace's events. */
  event: number;
  /** Places of the same message, sent again. */
  repeats: number[];
}

/** Which events are shown. */
export interface Shown {
  kinds: ReadonlySet<TraceEvent['what']['kind']>;
  /** Whether a message that was sent again gets a row each time. */
  repeats: boolean;
}

export const ALL_KINDS: readonly TraceEvent['what']['kind'][] = ['sip', 'client', 'step', 'number', 'media', 'failure'];

/** The events to show. A SIP message with the same octets on the same way is a retransmission (RFC 3261 17). */
export function fold(events: readonly TraceEvent[], { kinds, repeats }: Shown): Folded[] {
  const first = new Map<string, Folded>();
  const folded: Folded[] = [];
  events.forEach(({ from, to, what }, event) => {
    if (!kinds.has(what.kind)) return;
    const row: Folded = { event, repeats: [] };
    if (what.kind === 'sip' && !repeats) {
      const key = [from, to, what.source, what.destination, what.text].join('\n');
      const before = first.get(key);
      if (before) {
        before.repeats.push(event);
        return;
      }
      first.set(key, row);
    }
    folded.push(row);
  });
  return folded;
}

export interface Row extends Folded {
  /** Top of the row. */
  y: number;
  /** The silence before it that is cut out, in ms; 0: none is. */
  gap: number;
}

export interface Placed {
  rows: Row[];
  height: number;
}

/** Stacks the rows. Where nothing happened for long, the time between is cut out and said. */
export function place(events: readonly TraceEvent[], folded: readonly Folded[]): Placed {
  let y = MARGIN;
  let before: number | null = null;
  const rows = folded.map((each) => {
    const at = events[each.event]?.at ?? 0;
    const silence = before === null ? 0 : Math.max(0, at - before);
    const cut = silence >= CUT;
    y += cut ? GAP : (STRETCH * silence) / CUT;
    const row = { ...each, y: Math.round(y), gap: cut ? silence : 0 };
    before = before === null ? at : Math.max(before, at);
    y += ROW;
    return row;
  });
  return { rows, height: Math.round(y) + MARGIN };
}

/** The rows that can be seen between two heights. */
export function between(rows: readonly Row[], top: number, bottom: number): Row[] {
  const first = lowest(rows.length, (at) => (rows[at]?.y ?? 0) + ROW >= top);
  // A row brings the silence above it along.
  const end = lowest(rows.length, (at) => (rows[at]?.y ?? 0) - GAP > bottom);
  return rows.slice(first, end);
}

/** The smallest number from 0 for which this is so; `end` where there is none. */
function lowest(end: number, isSo: (at: number) => boolean): number {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Which row shows an event: its own, the one that it is folded into, or the last one before it. */
export function rowOf(rows: readonly Row[], event: number): number {
  const found = rows.findIndex((row) => row.event === event || row.repeats.includes(event));
  return found >= 0 ? found : Math.max(0, lowest(rows.length, (at) => (rows[at]?.event ?? 0) > event) - 1);
}

export interface Lanes {
  /** Middle of each party's lane. */
  xs: number[];
  /** Width of the times at the left. */
  times: number;
  width: number;
  /** Whether there is as little room as on a phone. */
  narrow: boolean;
}

/** Spreads the lanes over a width, or over more where they would be too near to each other. */
export function lanes(parties: number, width: number, times: number): Lanes {
  const narrow = width < NARROW;
  const half = narrow ? 44 : 84;
  const steps = Math.max(0, parties - 1);
  const step = steps === 0 ? 0 : Math.min(WIDEST, Math.max(NARROWEST, (width - times - 2 * half) / steps));
  const needed = times + 2 * half + step * steps;
  // What a few lanes do not need stands to both sides of them.
  const left = times + half + Math.max(0, (width - needed) / 2);
  const xs = Array.from({ length: parties }, (_, at) => Math.round(left + step * at));
  return { xs, times, width: Math.max(width, Math.round(needed)), narrow };
}

/** Where a moment stands among the rows. */
export function heightOf(events: readonly TraceEvent[], rows: readonly Row[], moment: number): number {
  const at = (row: Row | undefined) => (row ? (events[row.event]?.at ?? 0) : 0);
  const next = lowest(rows.length, (place) => at(rows[place]) >= moment);
  const [before, after] = [rows[next - 1], rows[next]];
  if (!after) return before ? before.y + ROW : 0;
  if (!before) return after.y + (at(after) > moment ? 0 : ARROW);
  const share = (moment - at(before)) / Math.max(1e-3, at(after) - at(before));
  return before.y + ARROW + share * (after.y - before.y);
}

/** How a leg sounded, as a band beside its party's lane. */
export interface Band {
  leg: LegReport;
  /** Place of its party. */
  party: number;
  top: number;
  bottom: number;
  /** Where the party should have been heard and was not. */
  silent: { top: number; bottom: number }[];
}

/** The bands of all legs whose party has a lane. */
export function bands(
  { legs, parties, events, connected_at, started_at, ended_at }: Trace,
  rows: readonly Row[],
): Band[] {
  const height = (moment: number) => heightOf(events, rows, moment);
  const last = events.at(-1)?.at ?? started_at;
  const end = ended_at ?? last;
  const [top, bottom] = [height(connected_at ?? started_at), height(end)];
  return legs.flatMap((leg) => {
    const party = partyOf(leg, parties);
    // Before an answer nobody need be heard.
    if (party === null || rows.length === 0 || (connected_at === null && leg.packets_in === 0)) return [];
    const silent = silences(events, party, end).map(([from, to]) => ({ top: height(from), bottom: height(to) }));
    return [{ leg, party, top, bottom: Math.max(bottom, top + ROW / 2), silent }];
  });
}

/** The party at the other end of a leg. */
export function partyOf({ party, name }: LegReport, parties: readonly TraceParty[]): number | null {
  const kind = party === 'browser' ? 'client' : 'sip';
  const those = parties.flatMap((each, at) => (each.kind === kind ? [at] : []));
  return those.find((at) => parties[at]?.name === name) ?? (those.length === 1 ? (those[0] ?? null) : null);
}

function silences(events: readonly TraceEvent[], party: number, end: number): [number, number][] {
  const found: [number, number][] = [];
  let since: number | null = null;
  for (const { at, from, to, what } of events) {
    if (what.kind !== 'media' || (from !== party && to !== party)) continue;
    if (what.event === 'silent' || what.event === 'never_heard') since ??= at;
    else if (what.event === 'heard' && since !== null) {
      found.push([since, at]);
      since = null;
    }
  }
  if (since !== null) found.push([since, end]);
  return found;
}

/** As much of a text as has room, by how wide each text is. */
export function fit(text: string, room: number, width: (text: string) => number): string {
  if (width(text) <= room) return text;
  const cut = (letters: number) => `${text.slice(0, letters).trimEnd()}…`;
  const letters = lowest(text.length, (count) => width(cut(count + 1)) > room);
  return letters < 1 ? '' : cut(letters);
}

/** A moment as the time since the call began: seconds with milliseconds, minutes where there are some. */
export function sinceStart(ms: number, language: string): string {
  const sign = ms < 0 ? '−' : '+';
  const whole = Math.round(Math.abs(ms));
  const [minutes, seconds] = [Math.floor(whole / 60_000), (whole % 60_000) / 1000];
  const shown = formatNumber(seconds, language, 3, 3);
  return minutes === 0 ? `${sign}${shown}` : `${sign}${minutes}:${shown.padStart(6, '0')}`;
}
