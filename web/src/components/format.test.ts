import { expect, it } from 'vitest';
import { levelOf } from '../media/levels';
import { formatDuration, initials } from './format';

it('writes durations as clocks do', () => {
  expect([0, 59_999, 61_000, 3_600_000, 36_061_000].map(formatDuration)).toEqual([
    '0:00',
    '0:59',
    '1:01',
    '1:00:00',
    '10:01:01',
  ]);
});

it('takes initials from names and none from numbers', () => {
  expect(['Mira Hoffmann', 'ben', 'Özil, Ayşe', '+49 89 123', null].map(initials)).toEqual(['MH', 'B', 'ÖA', '', '']);
});

it('shows silence as nothing, full scale as everything, and -30 dB half way', () => {
  const tone = (amplitude: number) => new Float32Array(1024).fill(amplitude);
  expect(levelOf(tone(0))).toBe(0);
  expect(levelOf(tone(1))).toBe(1);
  expect(levelOf(tone(10 ** (-30 / 20)))).toBeCloseTo(0.5, 3);
});
