/** What the softphone sends, and which microphone is heard by whom. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call, ReplyResult, Request, Prompt } from './generated/protocol';
import { MicrophoneError } from './media/microphone';
import { Phone } from './phone';
import type { SocketEvents } from './protocol/socket';
import { ours } from './protocol/state';
import { call, hello, line, user } from './protocol/testing';

const wires = vi.hoisted(() => ({
  events: null as SocketEvents | null,
  sent: [] as Request[],
  forgotten: 0,
  answer: (_: Request): ReplyResult => ({ status: 'ok' }),
  peers: [] as { muted: boolean; closed: boolean }[],
  refusal: null as Error | null,
}));
const away = (): ReplyResult => ({ status: 'error', cause: ours('server_unreachable') });

vi.mock('./protocol/socket', () => ({
  ServerSocket: class {
    token = null;
    constructor(_: string, events: SocketEvents) {
      wires.events = events;
    }
    request(request: Request) {
      wires.sent.push(request);
      return Promise.resolve(wires.answer(request));
    }
    close() {}
    retryNow() {}
    forget() {
      wires.forgotten += 1;
    }
  },
}));
vi.mock('./media/peer', () => ({
  Peer: class {
    static open() {
      if (wires.refusal) return Promise.reject(wires.refusal);
      const peer = {
        muted: false,
        closed: false,
        offer: 'offer',
        audio: 'connected',
        accept: () => Promise.resolve(),
        setMuted: (muted: boolean) => (peer.muted = muted),
        close: () => (peer.closed = true),
      };
      wires.peers.push(peer);
      return Promise.resolve(peer);
    }
  },
}));

const settled = () => new Promise((resolve) => setTimeout(resolve));
const tell = (fields: Partial<Call>) => wires.events?.message({ type: 'call', seq: 0, call: call(fields), events: [] });
let phone: Phone;

beforeEach(() => {
  vi.stubGlobal('window', { addEventListener() {}, removeEventListener() {} });
  vi.stubGlobal('document', { addEventListener() {}, removeEventListener() {} });
  Object.assign(wires, {
    sent: [],
    forgotten: 0,
    peers: [],
    refusal: null,
    answer: () => ({ status: 'media', call: 'c2', sdp: 'answer' }),
  });
  phone = new Phone(user, 'ws://server');
  wires.events?.hello(hello({ lines: [line] }));
});

it('tells the server why a call gets no audio here', async () => {
  wires.refusal = new MicrophoneError('microphone_denied');
  tell({});
  await phone.answer('c1');
  expect(wires.sent).toEqual([{ type: 'media_trouble', call: 'c1', cause: 'microphone_denied' }]);
});

const nothing = { project: null, private: false } as const;
const chosen = { project: 'Bridge', private: true } as const;
it.each([
  [{ type: 'make_call', line: 'l1', number: '303' }, nothing, {}],
  [{ type: 'make_call', line: 'l1', number: '303' }, chosen, chosen],
  [{ type: 'answer_call', call: 'c1' }, {}, {}],
  [{ type: 'consultation_call', call: 'c1', number: '303' }, nothing, {}],
  [{ type: 'consultation_call', call: 'c1', number: '303' }, chosen, chosen],
  [{ type: 'directed_pickup_call', line: 'l1', number: '303' }, {}, {}],
] as const)('does what it is prompted to, with audio of its own: %o %o', async (asked, choice, sent) => {
  tell({});
  wires.events?.message({ type: 'prompt', seq: 1, prompt: { ...asked, ...choice } as Prompt });
  await settled();
  expect(wires.sent).toEqual([{ ...asked, ...sent, sdp: 'offer' }]);
});

it('lets only the call that is not held hear the microphone', async () => {
  await phone.dial('l1', '303');
  const talking = { here: true, state: 'connected' } as const;
  tell({ ...talking, id: 'c2', direction: 'outgoing' });
  wires.answer = () => ({ status: 'media', call: 'c1', sdp: 'answer' });
  tell({});
  await phone.answer('c1');
  tell({ id: 'c2', here: true, state: 'held', direction: 'outgoing' });
  tell(talking);
  expect(wires.peers.map(({ muted }) => muted)).toEqual([true, false]);
  wires.answer = () => ({ status: 'ok' });
  void phone.swap('c1', 'c2');
  expect(wires.peers.map(({ muted }) => muted)).toEqual([true, true]);
  tell({ here: true, state: 'held' });
  tell({ ...talking, id: 'c2', direction: 'outgoing' });
  await settled();
  expect(wires.peers.map(({ muted }) => muted)).toEqual([false, true]);
});

it('keeps the call that runs when another is answered: the server holds it', async () => {
  await phone.dial('l1', '303');
  tell({ id: 'c2', here: true, state: 'connected', direction: 'outgoing' });
  tell({});
  await phone.answer('c1');
  expect(wires.sent.map(({ type }) => type)).toEqual(['make_call', 'answer_call']);
  expect(wires.peers.map(({ closed }) => closed)).toEqual([false, false]);
});

it('asks for one thing at a time', async () => {
  await phone.dial('l1', '303');
  tell({ id: 'c2', here: true, state: 'connected' });
  wires.answer = () => ({ status: 'ok' });
  await Promise.all([phone.hold('c2'), phone.park('c2', '')]);
  expect(wires.sent.map(({ type }) => type)).toEqual(['make_call', 'hold_call']);
});

it('removes one from a conference and stays', async () => {
  await phone.dial('l1', '303');
  tell({ id: 'c2', here: true, state: 'connected' });
  await phone.removeFromConference('c2');
  expect(wires.sent.at(-1)).toEqual({ type: 'clear_connection', call: 'c2', remote: true });
});

it('does not give audio to a call that was given up before its reply was lost', async () => {
  let lose = (_: ReplyResult) => {};
  wires.answer = () => new Promise<ReplyResult>((resolve) => (lose = resolve)) as never;
  const dialled = phone.dial('l1', '303');
  await settled();
  phone.hangUpDraft();
  lose(away());
  await dialled;
  wires.answer = () => ({ status: 'ok' });
  wires.events?.hello(hello({ resumed: true, replayed: true }));
  tell({ id: 'c2', here: true, state: 'initiated', direction: 'outgoing' });
  await settled();
  expect(wires.sent.map(({ type }) => type)).toEqual(['make_call', 'clear_connection']);
});

it('lets go of the audio of a call that is parked', async () => {
  await phone.dial('l1', '303');
  tell({ id: 'c2', here: true, state: 'connected', direction: 'outgoing' });
  tell({ id: 'c2', here: false, state: 'queued', direction: 'outgoing' });
  expect(wires.peers.map(({ closed }) => closed)).toEqual([true]);
});

it('gives a call that a reload has left without audio new audio, and ends it where there is none', async () => {
  wires.answer = () => ({ status: 'media', call: 'c1', sdp: 'answer' });
  wires.events?.hello(hello({ resumed: true, calls: [call({ here: true, state: 'connected' })] }));
  await settled();
  expect(wires.sent).toEqual([{ type: 'restart_media', call: 'c1', sdp: 'offer' }]);
  expect(wires.peers.map(({ closed }) => closed)).toEqual([false]);
});

describe('a call that the person ended while the server was away', () => {
  const talking = { id: 'c2', here: true, state: 'connected', direction: 'outgoing' } as const;
  const types = () => wires.sent.map(({ type }) => type);

  beforeEach(async () => {
    await phone.dial('l1', '303');
    tell(talking);
    wires.answer = away;
    await phone.hangUp('c2');
    expect(phone.snapshot().calls).toEqual([]);
    wires.answer = () => ({ status: 'ok' });
    wires.sent = [];
  });

  it.each([
    ['seen again', hello({ resumed: true, calls: [call(talking)] })],
    ['replayed', hello({ resumed: true, replayed: true, lines: [] })],
  ])('is ended there once it is back, and gets no new audio: %s', async (_, again) => {
    wires.events?.hello(again);
    tell({ ...talking, codec: 'PCMA' });
    await settled();
    expect(types()).toEqual(['clear_connection']);
    tell({ ...talking, state: 'null', cause: ours('normal_clearing') });
    wires.events?.hello(again);
    expect(types().slice(1)).not.toContain('clear_connection');
  });

  it('is remembered for as long as the server stays away', async () => {
    wires.answer = away;
    wires.events?.hello(hello({ resumed: true, replayed: true }));
    await settled();
    wires.events?.hello(hello({ resumed: true, replayed: true }));
    await settled();
    expect(types()).toEqual(['clear_connection', 'clear_connection']);
  });
});

it('takes no call of another server for one that was muted', () => {
  const talking = call({ id: 'c2', here: true, state: 'connected' });
  wires.events?.hello(hello({ resumed: true, calls: [talking] }));
  phone.setMuted('c2', true);
  wires.events?.hello(hello({ resumed: false, calls: [call({ id: 'c2' })] }));
  expect(phone.snapshot().calls.map(({ muted }) => muted)).toEqual([false]);
});

it('takes no call of another server for one that was ended', async () => {
  const talking = { id: 'c2', here: true, state: 'connected' } as const;
  tell(talking);
  wires.answer = away;
  await phone.hangUp('c2');
  wires.sent = [];
  wires.events?.hello(hello({ resumed: false, calls: [call({ id: 'c2' })] }));
  await settled();
  expect(wires.sent).toEqual([]);
});

it('is as muted as before where the server comes back after the call was given up', async () => {
  const talking = call({ id: 'c2', here: true, state: 'connected' });
  wires.events?.hello(hello({ resumed: true, calls: [talking] }));
  await settled();
  phone.setMuted('c2', true);
  vi.useFakeTimers();
  wires.events?.link('online');
  wires.events?.link('reconnecting');
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  expect(phone.snapshot().calls).toEqual([]);
  expect(phone.snapshot().ended).toHaveLength(1);
  expect(wires.forgotten).toBe(1);
  wires.peers = [];
  wires.events?.hello(hello({ resumed: true, calls: [talking] }));
  await settled();
  expect(wires.peers.map(({ muted, closed }) => [muted, closed])).toEqual([[true, false]]);
  expect(phone.snapshot().ended).toEqual([]);
});

describe('a call whose reply was lost with the socket', () => {
  const dialled = { id: 'c2', here: true, state: 'initiated', remote_state: 'null', direction: 'outgoing' } as const;

  it('gets audio when it is told of, once', async () => {
    wires.answer = away;
    await phone.dial('l1', '303');
    wires.answer = () => ({ status: 'media', call: 'c2', sdp: 'answer' });
    wires.sent = [];
    wires.events?.hello(hello({ resumed: true, replayed: true }));
    tell(dialled);
    tell({ ...dialled, state: 'connected', remote_state: 'alerting' });
    await settled();
    tell({ ...dialled, state: 'connected' });
    await settled();
    expect(wires.sent).toEqual([{ type: 'restart_media', call: 'c2', sdp: 'offer' }]);
    expect(wires.peers.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it.each(['dial', 'answer'] as const)(
    'has only the audio that the reply brings where that still comes: %s',
    async (how) => {
      tell({ id: 'c2' });
      const done = how === 'dial' ? phone.dial('l1', '303') : phone.answer('c2');
      await Promise.resolve();
      tell({ ...dialled, state: 'connected' });
      await done;
      await settled();
      expect(wires.sent.map(({ type }) => type)).toEqual([how === 'dial' ? 'make_call' : 'answer_call']);
      expect(wires.peers.map(({ closed }) => closed)).toEqual([false]);
    },
  );
});

it('is as muted after a reload as before', async () => {
  const stored = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
  const [muted, heard] = [call({ id: 'c2', here: true, state: 'connected' }), call({ here: true, state: 'connected' })];
  wires.events?.hello(hello({ resumed: true, calls: [muted, heard] }));
  await settled();
  phone.setMuted('c2', true);
  wires.peers = [];
  phone = new Phone(user, 'ws://server');
  wires.events?.link('online');
  wires.events?.hello(hello({ resumed: true, calls: [muted, heard] }));
  await settled();
  expect(wires.peers.map(({ muted }) => muted)).toEqual([true, false]);
  phone.setMuted('c2', false);
  phone = new Phone(user, 'ws://server');
  wires.events?.hello(hello({ resumed: true, calls: [muted] }));
  expect(phone.snapshot().calls.map(({ muted }) => muted)).toEqual([false]);
  vi.unstubAllGlobals();
});
