import { expect, it } from 'vitest';
import type { Forwarding } from '../generated/protocol';
import { changed } from './forwarding';

const busy: Forwarding = { kind: 'busy', callers: 'internal', to: '1', after: null };

it('takes the rule back that another is put in the place of, once that is set', () => {
  const always: Forwarding = { ...busy, kind: 'immediate' };
  const gone = { type: 'cancel_forwarding', line: 'l1', kind: 'busy', callers: 'internal' };
  for (const to of [always, { ...busy, callers: 'all' as const }]) {
    expect(changed('l1', busy, to)).toEqual([{ type: 'set_forwarding', line: 'l1', forwarding: to }, gone]);
  }
});

it('only sets what is added, or goes elsewhere by the same rule', () => {
  const set = [{ type: 'set_forwarding', line: 'l1', forwarding: busy }];
  expect(changed('l1', null, busy)).toEqual(set);
  expect(changed('l1', { ...busy, to: '2' }, busy)).toEqual(set);
});
