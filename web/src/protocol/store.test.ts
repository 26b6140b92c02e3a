import { describe, expect, it } from 'vitest';
import type { Call, Line } from '../generated/protocol';
import { call, hello, line, user } from './testing';
import { elsewhere, here, inCall, isFailure, isMissed, ringing, usableLines } from './select';
import { initial, ours, type PhoneState } from './state';
import { reduce, type Action } from './store';

function run(...actions: Action[]): PhoneState {
  return actions.reduce(reduce, initial(user));
}

const heard = (fields: Partial<Call>, now = 5000): Action => ({ type: 'call', call: call(fields), now });
const first: Action = { type: 'hello', hello: hello(), now: 0 };
const outgoing = { id: 'c2', direction: 'outgoing', here: true, name: null, number: '303' } as const;

describe('an incoming call', () => {
  it('rings until it is answered here, then shows as a call with its time by our clock', () => {
    let state = run(first, heard({}));
    expect(ringing(state)).toHaveLength(1);
    expect(inCall(state)).toBe(false);
    state = reduce(state, { type: 'answer', call: 'c1' });
    expect(ringing(state)).toHaveLength(0);
    expect(here(state)).toHaveLength(1);
    state = reduce(state, heard({ state: 'connected', here: true, connected_at: 900_000 }, 7000));
    expect(here(state)[0]?.connectedAt).toBe(7000);
    state = reduce(state, heard({ state: 'null', here: true, cause: ours('normal_clearing') }, 9500));
    expect(state.calls).toEqual([]);
    expect(state.ended[0]).toMatchObject({ number: '202', duration: 2500, cause: { code: 'normal_clearing' } });
  });

  it('goes on ringing, with the reason, when answering fails', () => {
    const cause = ours('microphone_denied');
    const state = run(first, heard({}), { type: 'answer', call: 'c1' }, { type: 'answer_failed', call: 'c1', cause });
    expect(ringing(state)[0]?.notice).toEqual({ cause, about: null });
    const { call } = state.calls[0]!;
    const again = reduce(state, { type: 'hello', hello: hello({ resumed: true, calls: [call] }), now: 9000 });
    expect(ringing(again)[0]?.notice).toBeNull();
  });

  it('that another device answers is shown there, and remains as "answered elsewhere"', () => {
    const taken = { state: 'connected', cause: ours('answered_elsewhere'), connected_at: 2000 } as const;
    let state = run(first, heard({}), heard(taken));
    expect(ringing(state)).toHaveLength(0);
    expect(here(state)).toHaveLength(0);
    expect(elsewhere(state)[0]?.rang).toBe(true);
    state = reduce(state, heard({ ...taken, state: 'null', cause: ours('normal_clearing') }));
    expect(state.ended[0]).toMatchObject({ cause: { code: 'answered_elsewhere' }, duration: null });
  });

  it('that another device is just answering no longer rings', () => {
    const state = run(first, heard({}), heard({ cause: ours('answered_elsewhere') }));
    expect(ringing(state)).toHaveLength(0);
  });

  it('that the caller gives up is a missed call and no failure; declining one is neither', () => {
    const missed = run(first, heard({}), heard({ state: 'null', cause: ours('caller_hung_up') })).ended[0];
    expect(missed && isMissed(missed) && !isFailure(missed)).toBe(true);
    const declined = run(first, heard({}), heard({ state: 'null', cause: ours('busy') })).ended[0];
    expect(declined && !isMissed(declined) && !isFailure(declined)).toBe(true);
  });
});

describe('an outgoing call', () => {
  const dial: Action = { type: 'dial', draft: { id: 1, line: 'l1', number: '303', call: null, consultationOf: null } };
  const initiated = heard({ ...outgoing, state: 'initiated', remote_state: 'null' });
  const placed: Action = { type: 'dial_placed', id: 1, call: 'c2' };

  it.each([
    ['reply first', [placed, initiated]],
    ['call first', [initiated, placed]],
  ])('is shown once, whichever comes first: %s', (_, order) => {
    const state = run(first, dial, ...order);
    expect(state.draft).toBeNull();
    expect(state.calls).toHaveLength(1);
  });

  it('that is refused leaves one summary with the reason', () => {
    const cause = { code: 'busy', sip_status: 486, detail: 'Busy Here' } as const;
    const state = run(first, dial, placed, initiated, heard({ ...outgoing, state: 'failed', cause }));
    expect(state.ended).toHaveLength(1);
    expect(state.ended[0]).toMatchObject({ number: '303', cause });
    expect(state.ended[0] && isFailure(state.ended[0])).toBe(true);
  });

  it('that is refused before the reply is told of once', () => {
    const cause = ours('media_not_connected');
    const over = heard({ ...outgoing, state: 'failed', cause });
    const failed: Action = { type: 'dial_failed', id: 1, cause };
    expect(run(first, dial, initiated, over, failed).ended).toHaveLength(1);
    expect(run(first, dial, over, failed).ended).toHaveLength(1);
    expect(run(first, dial, failed, over).ended).toHaveLength(1);
    // Told of by another number than the one that was typed.
    const whole = { ...outgoing, number: '+4930303', shown: '+49 (30) 303' };
    const begun = heard({ ...whole, state: 'initiated', remote_state: 'null' });
    const ended = heard({ ...whole, state: 'failed', cause });
    expect(run(first, dial, begun, ended, failed).ended).toHaveLength(1);
    const late = run(first, dial, failed, begun, ended).ended;
    expect(late.map(({ number, shown }) => [number, shown])).toEqual([['+4930303', '+49 (30) 303']]);
  });

  it('that is given up before the reply is told of once', () => {
    const given = { type: 'dial_failed', id: 1, cause: ours('cancelled') } as const;
    const state = run(first, dial, given, initiated, heard({ ...outgoing, state: 'null', cause: ours('cancelled') }));
    expect(state.ended.map(({ cause }) => cause.code)).toEqual(['cancelled']);
    expect(inCall(state)).toBe(false);
  });

  it('that was over before it was seen leaves nothing', () => {
    expect(run(first, heard({ ...outgoing, state: 'failed', cause: ours('busy') })).ended).toEqual([]);
  });

  it('that the server places by way of the other telephone is no failure', () => {
    const office: Action = { type: 'dial_failed', id: 1, cause: ours('remote_office') };
    const { ended } = run(first, dial, office);
    expect(ended.map(isFailure)).toEqual([false]);
  });

  it('makes earlier summaries go', () => {
    const over = heard({ state: 'null', cause: ours('caller_hung_up') });
    expect(run(first, heard({}), over, dial).ended).toEqual([]);
  });
});

describe('a lost connection', () => {
  const talking = heard({ ...outgoing, state: 'connected', connected_at: 1000 });

  it('leaves calls alone when the server resumes', () => {
    const again = hello({ resumed: true, calls: [call({ ...outgoing, state: 'connected', connected_at: 1000 })] });
    const state = run(
      first,
      talking,
      { type: 'link', link: 'reconnecting' },
      { type: 'hello', hello: again, now: 9000 },
    );
    expect(here(state)).toHaveLength(1);
    expect(here(state)[0]?.connectedAt).toBe(1000);
    expect(state.ended).toEqual([]);
  });

  it('ends what the resumed server no longer mentions', () => {
    const state = run(first, talking, { type: 'hello', hello: hello({ resumed: true }), now: 9000 });
    expect(state.calls).toEqual([]);
    expect(state.ended[0]?.cause.code).toBe('normal_clearing');
  });

  it.each<[string, Action]>([
    ['too late', { type: 'resume_expired', now: 20_000 }],
    ['by a server that does not resume', { type: 'hello', hello: hello(), now: 20_000 }],
  ])('ends the calls here with the reason: %s', (_, action) => {
    const state = run(first, talking, action);
    expect(here(state)).toEqual([]);
    expect(state.ended[0]).toMatchObject({ cause: { code: 'client_lost' }, duration: 19_000 });
  });
});

describe('the rest', () => {
  it('keeps lines up to date and knows which can call', () => {
    const failed: Line = { ...line, state: 'failed', cause: ours('wrong_password') };
    expect(usableLines(run(first))).toEqual([line]);
    expect(run(first, { type: 'line', line: failed }).lines).toEqual([failed]);
    expect(usableLines(run(first, { type: 'line', line: failed }))).toEqual([]);
  });

  it('collects digits of both directions on the call they belong to', () => {
    const state = run(
      first,
      heard({ ...outgoing, state: 'connected' }),
      { type: 'digit', call: 'c2', digit: '7' },
      { type: 'digit', call: 'c2', digit: '#' },
      { type: 'digit', call: 'unknown', digit: '1' },
      { type: 'sent_digit', call: 'c2', digit: '5' },
    );
    expect(here(state)[0]).toMatchObject({ received: '7#', sent: '5' });
  });

  it('forgets a summary when told to', () => {
    const over = run(first, heard({}), heard({ state: 'null', cause: ours('caller_hung_up') }));
    expect(reduce(over, { type: 'dismiss', ended: 'c1' }).ended).toEqual([]);
  });
});
