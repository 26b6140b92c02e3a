import { expect, it } from 'vitest';
import type { Forwarding } from '../generated/protocol';
import { withoutForwarding } from './forwarding';
import { line } from './testing';

it('takes back one forwarding and keeps those of the same kind for other callers', () => {
  const busy: Forwarding = { kind: 'busy', callers: 'internal', to: '1', after: null };
  const others: Forwarding = { kind: 'busy', callers: 'external', to: '2', after: null };
  const always: Forwarding = { kind: 'immediate', callers: 'all', to: '3', after: null };
  expect(withoutForwarding({ ...line, forwardings: [busy, others, always] }, busy)).toEqual([
    { type: 'cancel_forwarding', line: 'l1', kind: 'busy' },
    { type: 'set_forwarding', line: 'l1', forwarding: others },
  ]);
});
