/** Which part of an image becomes the picture. */
import { expect, it } from 'vitest';
import { MAX_ZOOM, moved, squareOf, WHOLE } from './picture';

const wide = { width: 600, height: 400 };

it('takes the middle of an image, as much of it as is square', () => {
  expect(squareOf(wide, WHOLE)).toEqual({ left: 100, top: 0, side: 400 });
  expect(squareOf({ width: 30, height: 90 }, WHOLE)).toEqual({ left: 0, top: 30, side: 30 });
});

it('never reaches beyond the image, however far it is moved', () => {
  for (const [x, y] of [
    [-9, -9],
    [9, 9],
    [-9, 9],
  ] as const) {
    const { left, top, side } = squareOf(wide, moved(wide, { ...WHOLE, zoom: 2 }, { x, y }));
    expect([left >= 0, top >= 0, left + side <= 600, top + side <= 400]).toEqual([true, true, true, true]);
  }
});

it('comes closer around its middle, and stays where it was moved to', () => {
  const closer = moved(wide, WHOLE, { zoom: 2 });
  expect(squareOf(wide, closer)).toEqual({ left: 200, top: 100, side: 200 });
  expect(moved(wide, WHOLE, { zoom: 99 }).zoom).toBe(MAX_ZOOM);
  expect(moved(wide, closer, { zoom: 0 }).zoom).toBe(1);
  const right = moved(wide, closer, { x: 0.5 });
  expect(squareOf(wide, right).left).toBeCloseTo(300);
  // What was pushed against the edge comes back at once.
  const pushed = moved(wide, closer, { x: 50 });
  expect(squareOf(wide, moved(wide, pushed, { x: -0.5 })).left).toBeCloseTo(300);
});
