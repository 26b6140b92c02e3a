import { expect, it } from 'vitest';
import { formatSize } from './size';

it('says sizes with few digits', () => {
  const said = [0, 999, 1000, 1460, 25_400_000, 2_000_000_000].map((size) => formatSize(size, 'en'));
  expect(said).toEqual(['0 B', '999 B', '1 kB', '1.5 kB', '25 MB', '2 GB']);
  expect(formatSize(1460, 'de')).toBe('1,5 kB');
});
