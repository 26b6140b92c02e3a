/** The half hours of a tariff zone. Pure. */
import type { TariffZone } from '../../../generated/site';

export const HALF_HOURS = 48;
/** Half hours of a row: so many are wide enough to be touched on a telephone. */
export const ROW = 12;
export const DAYS = ['weekdays', 'saturday', 'sunday'] as const;
export type Day = (typeof DAYS)[number];
export type Cell = string | null;

/** The cells of a day; a day without any has none of them. */
export const cells = (zone: TariffZone, day: Day): Cell[] =>
  Array.from({ length: HALF_HOURS }, (_, at) => zone[day][at] ?? null);

/** A zone with cells of a day painted; a day that nobody carries is empty. */
export function painted(zone: TariffZone, day: Day, from: number, to: number, provider: Cell): TariffZone {
  const [first, last] = from < to ? [from, to] : [to, from];
  const now = cells(zone, day).map((cell, at) => (at >= first && at <= last ? provider : cell));
  return { ...zone, [day]: now.every((cell) => cell === null) ? [] : now };
}

/** A provider's new name, or nobody in its place. */
export function renamed(zone: TariffZone, before: string, after: Cell): TariffZone {
  return DAYS.reduce((zone, day) => {
    if (!zone[day].includes(before)) return zone;
    const now = zone[day].map((cell) => (cell === before ? after : cell));
    return { ...zone, [day]: now.every((cell) => cell === null) ? [] : now };
  }, zone);
}

/** When a half hour begins: 08:30. The one behind the last is 24:00. */
export const beginOf = (at: number) => `${String(Math.floor(at / 2)).padStart(2, '0')}:${at % 2 ? '30' : '00'}`;

export interface Span {
  from: number;
  to: number;
  provider: string;
}

/** The times of a day at which somebody carries calls. */
export function spans(zone: TariffZone, day: Day): Span[] {
  const found: Span[] = [];
  cells(zone, day).forEach((provider, at) => {
    const last = found.at(-1);
    if (provider === null) return;
    if (last?.to === at && last.provider === provider) last.to = at + 1;
    else found.push({ from: at, to: at + 1, provider });
  });
  return found;
}

export interface Place {
  day: number;
  at: number;
}

/** Where an arrow key leads. */
export function stepped({ day, at }: Place, key: string): Place | null {
  const last = HALF_HOURS - 1;
  switch (key) {
    case 'ArrowLeft':
      return { day, at: Math.max(0, at - 1) };
    case 'ArrowRight':
      return { day, at: Math.min(last, at + 1) };
    case 'ArrowUp':
      if (at >= ROW) return { day, at: at - ROW };
      return day > 0 ? { day: day - 1, at: at + HALF_HOURS - ROW } : { day, at };
    case 'ArrowDown':
      if (at + ROW < HALF_HOURS) return { day, at: at + ROW };
      return day < DAYS.length - 1 ? { day: day + 1, at: at + ROW - HALF_HOURS } : { day, at };
    case 'Home':
      return { day, at: 0 };
    case 'End':
      return { day, at: last };
    default:
      return null;
  }
}
