import { expect, it } from 'vitest';
import { rights } from '../../generated/siteTables';
import { changesOf } from './audit';
import { gives, rightsOf, special } from './rights';
import { mayChange, roleOf } from './role';

it('knows which level gives a right', () => {
  expect(gives('public', 'see_presence')).toBe(true);
  expect(gives('business', 'first_pick_up')).toBe(false);
  expect(gives('team_member', 'first_pick_up')).toBe(true);
  // No level gives it.
  expect(gives('personal', 'additional_pick_up')).toBe(false);
  expect(rightsOf({ level: 'none' }).size).toBe(0);
  expect(rightsOf({ level: 'personal' }).size).toBe(rights.length - 2);
});

it('writes chosen rights in the order of the table', () => {
  expect(special(new Set(['set_note', 'see_picture']))).toEqual({
    level: 'special',
    rights: ['see_picture', 'set_note'],
  });
});

const fields = { '/name': '', '/grant': '', '/members': '', '/phones/business': '' };

it('tells a change field by field, and a grant as one', () => {
  const before = { name: 'a', grant: { level: 'special', rights: ['see_picture'] }, phones: { business: '1' } };
  const after = { name: 'a', grant: { level: 'business' }, phones: { business: '2' } };
  expect(changesOf(before, after, fields)).toEqual([
    { pointer: '/grant', before: before.grant, after: after.grant, kept: 0 },
    { pointer: '/phones/business', before: '1', after: '2', kept: 0 },
  ]);
});

it('tells of long lists only what came and went', () => {
  expect(changesOf({ members: ['a', 'b', 'c'] }, { members: ['b', 'c', 'd'] }, fields)).toEqual([
    { pointer: '/members', before: ['a'], after: ['d'], kept: 2 },
  ]);
  expect(changesOf({ members: ['a', 'b'] }, { members: ['b', 'a'] }, fields)).toEqual([
    { pointer: '/members', before: ['a', 'b'], after: ['b', 'a'], kept: 0 },
  ]);
  const part = (name: string) => ({ members: { in_both: 9999, list: [name] } });
  expect(changesOf(part('a'), part('b'), fields)).toEqual([
    { pointer: '/members', before: ['a'], after: ['b'], kept: 9999 },
  ]);
});

it('tells what a new or deleted object had, without what was empty', () => {
  const object = { name: 'a', grant: { level: 'none' }, members: [], phones: { business: '' } };
  expect(changesOf(null, object, fields).map(({ pointer, after }) => [pointer, after])).toEqual([
    ['/name', 'a'],
    ['/grant', { level: 'none' }],
  ]);
  expect(changesOf(object, null, fields).map(({ pointer, before }) => [pointer, before])).toEqual([
    ['/name', 'a'],
    ['/grant', { level: 'none' }],
  ]);
  expect(changesOf(null, null, fields)).toEqual([]);
});

it('knows what each role may do', () => {
  const user = { name: 'a', display_name: 'A' };
  expect(roleOf(user)).toBe('full');
  expect(roleOf({ ...user, role: 'users' })).toBe('users');
  // One of a newer server may do nothing here.
  expect(roleOf({ ...user, role: 'billing' })).toBe('read_only');
  expect(mayChange('users', 'groups')).toBe(true);
  expect(mayChange('users', 'administrators')).toBe(false);
  expect(mayChange('read_only', 'users')).toBe(false);
  expect(mayChange('users', 'captures')).toBe(false);
});
