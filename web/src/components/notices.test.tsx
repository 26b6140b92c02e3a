/** Refusals are said where the person has pressed, and parked calls where they wait. */
import { expect, it } from 'vitest';
import type { Call } from '../generated/protocol';
import type { Phone } from '../phone';
import { conversations, elsewhere } from '../protocol/select';
import { initial, ours, type PhoneState } from '../protocol/state';
import { reduce, type Action } from '../protocol/store';
import { call, hello, user } from '../protocol/testing';
import { OtherDevices } from './Lines';
import { Members } from './Members';
import { OtherCalls } from './OtherCalls';
import { ParkedCalls } from './ParkedCalls';
import { drawn } from './testing';

const phone = {} as Phone;
const nothing = () => undefined;
const mira = { id: 'mira', here: true, state: 'connected', name: 'Mira', connected_at: 1 } as const;
const ben = { ...mira, id: 'ben', name: 'Ben', conference: ['mira'] };
const refused: Action = { type: 'replied', call: 'mira', cause: ours('not_possible_now'), outcomes: {} };

function state(calls: Partial<Call>[], ...actions: Action[]): PhoneState {
  const first: Action = { type: 'hello', hello: hello({ calls: calls.map(call) }), now: 0 };
  return [first, ...actions].reduce(reduce, initial(user));
}

it('says why a held call does not do what was asked', () => {
  const { calls } = state([{ ...mira, state: 'held' }], refused);
  const others = conversations({ ...initial(user), calls });
  expect(drawn(<OtherCalls phone={phone} others={others} running={null} onBack={nothing} />)).toContain('role="alert"');
});

it('says why a parked call cannot be taken back, and where it waits', () => {
  const parked = state([{ ...mira, here: false, state: 'queued', parked_at: '77' }], refused);
  const html = drawn(<ParkedCalls phone={phone} state={parked} onTake={nothing} onPickUp={nothing} />);
  expect(html).toContain('role="alert"');
  expect(html).toContain('Waits at 77');
});

it('says why a call on another device cannot be ended', () => {
  const calls = elsewhere(state([{ ...mira, here: false }], refused));
  expect(drawn(<OtherDevices phone={phone} calls={calls} />)).toContain('role="alert"');
});

it('offers to remove a member of a conference where the server lets it go', () => {
  const may = { services: ['clear_connection' as const] };
  const room = conversations(state([{ ...mira, ...may, conference: ['ben'] }, ben]))[0]!;
  const html = drawn(<Members phone={phone} conversation={room} compact={false} />);
  expect(html).toContain('Remove Mira from the conference');
  expect(html).not.toContain('Remove Ben');
});
