/** What the softphone sends, and which microphone is heard by whom. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { Call, ReplyResult, Request } from './generated/protocol';
import { MicrophoneError } from './media/microphone';
import { Phone } from './phone';
import type { SocketEvents } from './protocol/socket';
import { call, hello, line, user } from './protocol/testing';

const wires = vi.hoisted(() => ({
  events: null as SocketEvents | null,
  sent: [] as Request[],
  answer: (_: Request): ReplyResult => ({ status: 'ok' }),
  peers: [] as { muted: boolean; closed: boolean }[],
  refusal: null as Error | null,
}));

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
  Object.assign(wires, { sent: [], peers: [], refusal: null, answer: () => ({ status: 'media', call: 'c2', sdp: 'answer' }) });
  phone = new Phone(user, 'ws://server');
  wires.events?.hello(hello({ lines: [line] }));
});

it('tells the server why a call gets no audio here', async () => {
  wires.refusal = new MicrophoneError('microphone_denied');
  tell({});
  await phone.answer('c1');
  expect(wires.sent).toEqual([{ type: 'media_trouble', call: 'c1', cause: 'microphone_denied' }]);
});

it.each([
  [{ type: 'make_call', line: 'l1', number: '303' }],
  [{ type: 'answer_call', call: 'c1' }],
  [{ type: 'consultation_call', call: 'c1', number: '303' }],
  [{ type: 'directed_pickup_call', line: 'l1', number: '303' }],
] as const)('does what it is prompted to, with audio of its own: %o', async (prompt) => {
  tell({});
  wires.events?.message({ type: 'prompt', seq: 1, prompt });
  await settled();
  expect(wires.sent).toEqual([{ ...prompt, sdp: 'offer' }]);
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
  tell({ here: true, state: 'connected' });
  wires.answer = () => ({ status: 'ok' });
  await Promise.all([phone.hold('c1'), phone.park('c1', '')]);
  expect(wires.sent.map(({ type }) => type)).toEqual(['hold_call']);
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
