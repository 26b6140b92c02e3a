import { expect, it } from 'vitest';
import { levelOf } from '../media/levels';
import { cleanNumber, formatDuration, initials, numberInLink } from './format';

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

it('reads numbers from links, and only what a person can read', () => {
  expect(numberInLink('tel:+49-89-123;ext=5')).toBe('+49-89-123');
  expect(numberInLink('TEL:%2B49%2089%20123')).toBe('+49 89 123');
  expect(numberInLink('callto://mira.hoffmann')).toBe('mira.hoffmann');
  expect(numberInLink('tel:\u202e321')).toBe('321');
  expect(numberInLink('tel:%00%0a')).toBeNull();
  expect(numberInLink('javascript:alert(1)')).toBeNull();
  expect(numberInLink(`tel:${'1'.repeat(500)}`)).toHaveLength(128);
});

it('takes what is pasted on one line, without the scheme', () => {
  expect(cleanNumber('tel:+49 89\n123')).toBe('+49 89 123');
  expect(cleanNumber('callto://202')).toBe('202');
});
