import { expect, it } from 'vitest';
import { inSight, moved, scrolledTo, type Place } from './grid';

const extent = { rows: 10_000, columns: 4, page: 12 };
const go = (from: Place, ...keys: string[]) =>
  keys.reduce(
    (place, key) => moved(place, key.replace('Control+', ''), key.startsWith('Control+'), extent) ?? place,
    from,
  );

it('moves by cells, pages and to the ends, and never out', () => {
  const start = { row: 1, column: 0 };
  expect(go(start, 'ArrowDown', 'ArrowRight', 'ArrowRight')).toEqual({ row: 2, column: 2 });
  expect(go(start, 'ArrowUp', 'ArrowUp')).toEqual({ row: 0, column: 0 });
  expect(go(start, 'End', 'ArrowRight')).toEqual({ row: 1, column: 3 });
  expect(go(start, 'Control+End', 'ArrowDown', 'PageDown')).toEqual({ row: 10_000, column: 3 });
  expect(go(start, 'Control+End', 'PageUp')).toEqual({ row: 9988, column: 3 });
  expect(go({ row: 5, column: 2 }, 'PageUp')).toEqual({ row: 1, column: 2 });
  expect(go({ row: 500, column: 2 }, 'Control+Home')).toEqual({ row: 1, column: 0 });
  expect(moved(start, 'a', false, extent)).toBeNull();
});

it('stays at the names of the columns where there are no rows', () => {
  const empty = { ...extent, rows: 0 };
  for (const key of ['ArrowDown', 'PageDown', 'PageUp', 'Home', 'End']) {
    expect(moved({ row: 0, column: 0 }, key, true, empty)?.row).toBe(0);
  }
});

it('draws few rows of very many', () => {
  expect(inSight(0, 500, 44, 10_000, 8)).toEqual({ from: 0, to: 20 });
  expect(inSight(220_000, 500, 44, 10_000, 8)).toEqual({ from: 4992, to: 5020 });
  expect(inSight(439_900, 500, 44, 10_000, 8)).toEqual({ from: 9989, to: 10_000 });
  expect(inSight(900_000, 500, 44, 3, 8)).toEqual({ from: 3, to: 3 });
});

it('scrolls no further than it must', () => {
  expect(scrolledTo(3, 0, 500, 50)).toBe(0);
  expect(scrolledTo(10, 0, 500, 50)).toBe(50);
  expect(scrolledTo(2, 400, 500, 50)).toBe(100);
});
