/** Several calls at once. */
import { describe, expect, it } from 'vitest';
import type { Call, Service } from '../generated/protocol';
import { active, conversations, elsewhere, isSilent, offers, partnerOf, ringing, waits } from './select';
import { initial, ours, type PhoneState } from './state';
import { reduce, type Action } from './store';
import { call, hello, user } from './testing';

const first: Action = { type: 'hello', hello: hello(), now: 0 };
const mira = { id: 'mira', here: true, state: 'connected', name: 'Mira', number: '11', connected_at: 1 } as const;
const ben = { ...mira, id: 'ben', name: 'Ben', number: '22', direction: 'outgoing', created_at: 2000 } as const;
const held = { state: 'held' } as const;

function run(...actions: Action[]): PhoneState {
  return actions.reduce(reduce, initial(user));
}

function heard(fields: Partial<Call>, now = 5000): Action {
  return { type: 'call', call: call(fields), now };
}

const asked = (id: string, service: Service, outcomes = {}): Action => ({
  type: 'asked',
  call: id,
  service,
  outcomes,
});
const replied = (id: string, cause = null as ReturnType<typeof ours> | null, outcomes = {}): Action => ({
  type: 'replied',
  call: id,
  cause,
  outcomes,
});
const entryOf = (state: PhoneState, id: string) => state.calls.find((entry) => entry.call.id === id)!;
const shown = (state: PhoneState) => conversations(state).map((one) => one.map(({ call: { id } }) => id));

describe('two calls', () => {
  it.each([
    ['the hold first', [heard({ ...mira, ...held }), heard(ben)]],
    ['the new call first', [heard(ben), heard({ ...mira, ...held })]],
  ])('show the one that is not held, whichever is told first: %s', (_, order) => {
    const state = run(first, heard(mira), ...order);
    expect(shown(state)).toEqual([['ben'], ['mira']]);
    expect(partnerOf(state, conversations(state)[0]!)?.call.id).toBe('mira');
  });

  it('show the later one while the server has not told of the hold', () => {
    expect(shown(run(first, heard(mira), heard(ben)))[0]).toEqual(['ben']);
  });

  it('change places when they are swapped, in either order of the events', () => {
    const before = run(first, heard({ ...mira, ...held }), heard(ben));
    const [one, other] = [heard({ ...ben, ...held }, 7000), heard(mira, 7000)];
    for (const order of [
      [one, other],
      [other, one],
    ]) {
      expect(shown(order.reduce(reduce, before))).toEqual([['mira'], ['ben']]);
    }
  });

  it('leave the held one on hold when the other ends', () => {
    const state = run(
      first,
      heard({ ...mira, ...held }, 6000),
      heard(ben),
      heard({ ...ben, state: 'null', cause: ours('normal_clearing') }),
    );
    expect(active(state)).toBeNull();
    expect(shown(state)).toEqual([['mira']]);
    expect(waits(conversations(state)[0]![0])).toBe(true);
    expect(entryOf(state, 'mira').heldAt).toBe(6000);
  });

  it('keep what is said from whoever is held, from the press on', () => {
    let state = run(first, heard(mira));
    expect(isSilent(entryOf(state, 'mira'))).toBe(false);
    state = reduce(state, asked('mira', 'hold_call'));
    expect(isSilent(entryOf(state, 'mira'))).toBe(true);
    state = reduce(reduce(state, heard({ ...mira, ...held })), replied('mira'));
    expect(isSilent(entryOf(state, 'mira'))).toBe(true);
    state = reduce(state, heard(mira));
    expect(isSilent(entryOf(state, 'mira'))).toBe(false);
    const refused = reduce(reduce(state, asked('mira', 'hold_call')), replied('mira', ours('not_possible_now')));
    expect(isSilent(entryOf(refused, 'mira'))).toBe(false);
    expect(entryOf(refused, 'mira').notice?.cause.code).toBe('not_possible_now');
  });

  it('mean no partner when there are several held, unless the call was made for one', () => {
    const third = { ...mira, ...held, id: 'third' };
    const plain = run(first, heard({ ...mira, ...held }), heard(third), heard(ben));
    expect(partnerOf(plain, conversations(plain)[0]!)).toBeNull();
    const asking = reduce(plain, heard({ ...ben, consultation_of: 'third' }));
    expect(partnerOf(asking, conversations(asking)[0]!)?.call.id).toBe('third');
  });
});

describe('what is offered', () => {
  it('is what the server says, of any call in the conversation, and nothing else', () => {
    const state = run(
      first,
      heard({ ...mira, conference: ['ben'], services: ['clear_call'] }),
      heard({ ...ben, conference: ['mira'], services: ['hold_call'] }),
    );
    const [room] = conversations(state);
    expect(offers(room!, 'clear_call')?.call.id).toBe('mira');
    expect(offers(room!, 'hold_call')?.call.id).toBe('ben');
    expect(offers(room!, 'park_call')).toBeNull();
  });
});

describe('a conference', () => {
  it('is one conversation, also while only one of its calls was told', () => {
    const state = run(first, heard({ ...mira, ...held }), heard({ ...ben, conference: ['mira'] }));
    expect(shown(state)).toEqual([['ben', 'mira']]);
    const told = reduce(state, heard({ ...mira, conference: ['ben'] }));
    expect(conversations(told)).toHaveLength(1);
    const left = reduce(told, heard({ ...ben, state: 'null', cause: ours('normal_clearing') }));
    expect(shown(reduce(left, heard({ ...mira, conference: [] })))).toEqual([['mira']]);
  });
});

describe('the microphone in a conference', () => {
  const lena = { ...mira, id: 'lena', name: 'Lena' };
  const mutedOf = (state: PhoneState) => state.calls.map(({ muted }) => muted);
  const mute = (id: string, muted: boolean): Action => ({ type: 'muted', call: id, muted });
  const room = run(first, heard({ ...mira, conference: ['ben'] }), heard({ ...ben, conference: ['mira'] }));

  it('is muted towards all, and towards nobody again', () => {
    const muted = reduce(room, mute('ben', true));
    expect(mutedOf(muted)).toEqual([true, true]);
    expect(mutedOf(reduce(muted, mute('mira', false)))).toEqual([false, false]);
  });

  it('stays muted towards who comes later', () => {
    let state = reduce(reduce(room, mute('mira', true)), heard(lena));
    expect(mutedOf(state)).toEqual([true, true, false]);
    state = reduce(state, heard({ ...lena, conference: ['mira', 'ben'] }));
    expect(mutedOf(state)).toEqual([true, true, true]);
  });
});

describe('a consultation', () => {
  const draft = { id: 1, line: 'l1', number: '22', call: null, consultationOf: 'mira' };
  const dial: Action = { type: 'dial', draft };
  const asking = { ...ben, consultation_of: 'mira' };

  it('that cannot be placed is told at the first call, which stays', () => {
    const state = run(first, heard(mira), dial, { type: 'dial_failed', id: 1, cause: ours('microphone_denied') });
    expect(entryOf(state, 'mira').notice).toEqual({ cause: ours('microphone_denied'), about: '22' });
    expect(entryOf(state, 'mira').pending).toBeNull();
    expect(state.ended).toEqual([]);
  });

  it('that fails or ends over there is told at the first call; one that the person ends is not', () => {
    const before = run(first, heard({ ...mira, ...held }), heard(asking));
    const busy = reduce(before, heard({ ...asking, state: 'failed', cause: ours('busy') }));
    expect(entryOf(busy, 'mira').notice).toEqual({ cause: ours('busy'), about: 'Ben' });
    expect(busy.ended).toEqual([]);
    const own = reduce(before, asked('ben', 'clear_connection'));
    const ended = reduce(own, heard({ ...asking, state: 'null', cause: ours('normal_clearing') }));
    expect(entryOf(ended, 'mira').notice).toBeNull();
  });

  it('that ends in a transfer leaves one summary, of whom went where', () => {
    const outcomes = { ben: { kind: 'joined' }, mira: { kind: 'transferred', to: 'Ben' } } as const;
    const before = run(first, heard({ ...mira, ...held }), heard(asking), asked('ben', 'transfer_call', outcomes));
    const gone = { state: 'null', cause: ours('normal_clearing') } as const;
    const [one, other] = [heard({ ...asking, ...gone }), heard({ ...mira, ...gone })];
    for (const order of [
      [one, other],
      [other, one],
    ]) {
      const state = reduce(order.reduce(reduce, before), replied('ben'));
      expect(state.ended).toHaveLength(1);
      expect(state.ended[0]).toMatchObject({ name: 'Mira', outcome: { kind: 'transferred', to: 'Ben' } });
    }
  });
});

describe('a transfer without asking', () => {
  const outcomes = { mira: { kind: 'transferred', to: '33' } } as const;
  const ask = asked('mira', 'single_step_transfer_call', outcomes);
  const moving = heard({ ...mira, ...held, transferring_to: '33' });

  it('waits visibly, and its success is told', () => {
    const state = run(first, heard(mira), ask, replied('mira'), moving);
    expect(active(state)).toBeNull();
    expect(shown(state)).toEqual([['mira']]);
    const done = reduce(state, heard({ ...mira, state: 'null', cause: ours('normal_clearing') }));
    expect(done.ended[0]?.outcome).toEqual({ kind: 'transferred', to: '33' });
  });

  it('that fails gives the call back with the reason, and the end of the call is an ordinary one then', () => {
    const back = heard({ ...mira, ...held, cause: ours('no_answer') });
    const state = run(first, heard(mira), ask, replied('mira'), moving, back);
    expect(entryOf(state, 'mira').notice).toEqual({ cause: ours('no_answer'), about: '33' });
    expect(entryOf(reduce(state, { type: 'seen', call: 'mira' }), 'mira').notice).toBeNull();
    const ended = reduce(state, heard({ ...mira, state: 'null', cause: ours('normal_clearing') }));
    expect(ended.ended[0]?.outcome).toBeNull();
  });

  it('that is taken back is an ordinary call again', () => {
    const state = run(first, heard(mira), ask, replied('mira'), moving, heard(mira));
    const ended = reduce(state, heard({ ...mira, state: 'null', cause: ours('normal_clearing') }));
    expect(ended.ended[0]?.outcome).toBeNull();
  });

  it('that is refused changes nothing', () => {
    const state = run(first, heard(mira), ask, replied('mira', ours('invalid_number'), outcomes));
    expect(entryOf(state, 'mira')).toMatchObject({ pending: null, outcome: null });
  });
});

describe('a parked call', () => {
  const outcomes = { mira: { kind: 'parked', at: '77' } } as const;
  const parking = [first, heard(mira), asked('mira', 'park_call', outcomes)];

  it('is listed with the number where it waits, and goes when somebody has it', () => {
    let state = run(...parking, heard({ ...mira, here: false, state: 'queued' }), replied('mira'));
    expect(state.parked).toMatchObject([{ call: 'mira', at: '77', name: 'Mira' }]);
    expect(conversations(state)).toEqual([]);
    expect(elsewhere(state)).toEqual([]);
    state = reduce(state, heard({ ...mira, here: false, state: 'null', cause: ours('normal_clearing') }));
    expect(state.parked).toEqual([]);
    expect(state.ended).toEqual([]);
  });

  it('waits where the server says, also for a page that did not park it', () => {
    const parked_at = '0071';
    const parked = heard({ ...mira, here: false, state: 'queued', parked_at });
    expect(run(...parking, parked).parked).toMatchObject([{ call: 'mira', at: parked_at }]);
    expect(run(first, parked).parked).toMatchObject([{ call: 'mira', at: parked_at }]);
  });

  it('is listed also where the server tells no more of it', () => {
    const state = run(...parking, heard({ ...mira, state: 'null', cause: ours('normal_clearing') }));
    expect(state.parked).toMatchObject([{ call: 'mira', at: '77' }]);
    expect(reduce(state, { type: 'dismiss', ended: 'mira' }).parked).toEqual([]);
  });

  it.each(['incoming', 'outgoing'] as const)('that comes back rings and is listed no more: %s', (direction) => {
    const state = run(...parking, heard({ ...mira, direction, here: false, state: 'queued' }));
    const back = reduce(state, heard({ ...mira, direction, here: false, state: 'alerting', cause: ours('no_answer') }));
    expect(back.parked).toEqual([]);
    expect(ringing(back)).toHaveLength(1);
  });

  it('can be taken back, and is the active one from the press on', () => {
    const queued = heard({ ...mira, here: false, state: 'queued' });
    const state = run(...parking, queued, replied('mira'), { type: 'answer', call: 'mira' });
    expect(active(state)?.[0].call.id).toBe('mira');
    const back = reduce(state, heard(mira));
    expect(back.parked).toEqual([]);
    const over = reduce(back, heard({ ...mira, state: 'null', cause: ours('normal_clearing') }));
    expect(over.parked).toEqual([]);
    expect(over.ended[0]?.outcome).toBeNull();
  });
});

describe('after a broken socket', () => {
  it('what is replayed comes upon what is known', () => {
    const again = hello({ resumed: true, replayed: true, seq: 4, lines: [], calls: [] });
    const state = run(first, heard(mira), { type: 'hello', hello: again, now: 9000 });
    expect(shown(state)).toEqual([['mira']]);
    expect(state.lines).toHaveLength(1);
    expect(shown(reduce(state, heard({ ...mira, ...held })))).toEqual([['mira']]);
  });

  it('what ended meanwhile says why', () => {
    const ended = [call({ ...mira, state: 'null', cause: ours('session_lost') })];
    const again = hello({ resumed: true, ended });
    const state = run(first, heard(mira), { type: 'hello', hello: again, now: 9000 });
    expect(state.ended.map(({ cause }) => cause.code)).toEqual(['session_lost']);
  });
});
