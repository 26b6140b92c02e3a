import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { verdictName } from './verdicts';

it('has a name for every verdict that the server knows', () => {
  const table = readFileSync(new URL('../../../docs/verdicts.md', import.meta.url), 'utf8');
  const codes = [...table.matchAll(/^## `(\w+)`/gm)].map(([, code]) => code ?? '');
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !verdictName(code, 'en') || !verdictName(code, 'de'))).toEqual([]);
  expect(verdictName('toString', 'en')).toBeNull();
});
