import { expect, it } from 'vitest';
import { differences, merged, pathOf, same } from './merge';

const before = {
  login: 'anna',
  active: true,
  phones: { business: '100', mobile: null as string | null },
  rights: ['a'],
};

it('finds what the others have changed, field by field', () => {
  const mine = { ...before, login: 'anne' };
  const theirs = { ...before, login: 'ann', phones: { business: '100', mobile: '0171' }, rights: ['a', 'b'] };
  expect(differences(before, mine, theirs)).toEqual([
    { pointer: '/login', before: 'anna', mine: 'anne', theirs: 'ann' },
    { pointer: '/phones/mobile', before: null, mine: null, theirs: '0171' },
    { pointer: '/rights', before: ['a'], mine: ['a'], theirs: ['a', 'b'] },
  ]);
  expect(differences(before, mine, before)).toEqual([]);
});

it('keeps my changes, and theirs where I changed nothing', () => {
  const mine = { ...before, login: 'anne', phones: { business: '200', mobile: null } };
  const theirs = { ...before, login: 'ann', active: false, phones: { business: '100', mobile: '0171' } };
  expect(merged(before, mine, theirs)).toEqual({
    ...before,
    login: 'anne',
    active: false,
    phones: { business: '200', mobile: '0171' },
  });
  expect(merged(before, before, theirs)).toEqual(theirs);
  expect(merged(before, mine, before)).toEqual(mine);
});

it('takes lists and values of another kind as they are', () => {
  expect(merged<unknown>({ a: [1, 2] }, { a: [2] }, { a: [1, 2, 3] })).toEqual({ a: [2] });
  expect(merged<unknown>({ a: { b: 1 } }, { a: { b: 2 } }, { a: null })).toEqual({ a: { b: 2 } });
  expect(merged<unknown>({ a: 1 }, {}, { a: 1, b: 2 })).toEqual({ b: 2 });
});

it('compares by value', () => {
  expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same([1, 2], [1])).toBe(false);
  expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(same(null, {})).toBe(false);
});

it('reads pointers', () => {
  expect(pathOf('/phones/business')).toBe('phones.business');
  expect(pathOf('/keys/0/a~1b~0')).toBe('keys.0.a/b~');
  expect(pathOf('')).toBe('');
});
