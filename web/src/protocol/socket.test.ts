import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Hello } from '../generated/protocol';
import { ServerSocket, type Link } from './socket';

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closedWith: number | undefined;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(code?: number) {
    this.closedWith = code;
  }
  says(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const hello: Hello = {
  version: 1,
  user: { name: 'anna', display_name: 'Anna' },
  resume: 'token-1',
  resumed: false,
  resume_within_ms: 10_000,
  client: 'c-1',
  replayed: false,
  seq: 5,
  ended: [],
  ice_servers: [],
  lines: [],
  monitored_lines: [],
  account: { services: [], settings: {}, picture: null },
  calls: [],
};

let links: Link[];
let socket: ServerSocket;
const events = { link: (link: Link) => links.push(link), hello: vi.fn(), message: vi.fn() };
const newest = () => FakeSocket.all[FakeSocket.all.length - 1]!;

function online() {
  newest().onopen?.();
  newest().says({ type: 'hello', ...hello });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  links = [];
  socket = new ServerSocket('ws://server/api/v1/socket', events);
});

afterEach(() => {
  socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the socket', () => {
  it('says hello first and matches replies by number', async () => {
    newest().onopen?.();
    expect(newest().sent).toEqual([{ id: 1, type: 'hello', version: 1, resume: null }]);
    newest().says({ type: 'hello', ...hello });
    const one = socket.request({ type: 'clear_connection', call: 'a' });
    const two = socket.request({ type: 'clear_connection', call: 'b' });
    const [, first, second] = newest().sent;
    newest().says({ type: 'reply', id: second?.id, result: { status: 'ok' } });
    newest().says({ type: 'reply', id: first?.id, result: { status: 'media', call: 'a', sdp: 'v=0' } });
    expect(await two).toEqual({ status: 'ok' });
    expect(await one).toEqual({ status: 'media', call: 'a', sdp: 'v=0' });
  });

  it('asks for everything where what was known is forgotten', () => {
    online();
    socket.forget();
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(250);
    newest().onopen?.();
    expect(newest().sent[0]).toMatchObject({ type: 'hello', resume: 'token-1' });
    expect(newest().sent[0]).not.toHaveProperty('since');
  });

  it('asks anew also where it was just coming back', () => {
    online();
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(250);
    newest().onopen?.();
    expect(newest().sent[0]).toMatchObject({ since: 5 });
    socket.forget();
    vi.advanceTimersByTime(5000);
    newest().onopen?.();
    expect(newest().sent[0]).not.toHaveProperty('since');
  });

  it('comes back with growing pauses and the resume token', () => {
    online();
    newest().onclose?.({ code: 1006 });
    expect(links).toEqual(['online', 'reconnecting']);
    for (const pause of [250, 500, 1000, 2000, 5000, 5000]) {
      const before = FakeSocket.all.length;
      vi.advanceTimersByTime(pause - 1);
      expect(FakeSocket.all).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSocket.all).toHaveLength(before + 1);
      newest().onclose?.({ code: 1006 });
    }
    vi.advanceTimersByTime(5000);
    newest().onopen?.();
    expect(newest().sent[0]).toMatchObject({ type: 'hello', resume: 'token-1', since: 5 });
  });

  it('asks for what came after the last event it has seen, and takes none twice', () => {
    online();
    const digit = (seq: number) => newest().says({ type: 'digit', call: 'a', digit: '1', seq });
    events.message.mockClear();
    digit(6);
    digit(7);
    newest().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(250);
    newest().onopen?.();
    expect(newest().sent[0]).toMatchObject({ since: 7 });
    newest().says({ type: 'hello', ...hello, resumed: true, replayed: true, seq: 7 });
    digit(7);
    digit(8);
    expect(events.message).toHaveBeenCalledTimes(3);
  });

  it('says after a reload whose page it was, and knows nothing yet', () => {
    socket.close();
    socket = new ServerSocket('ws://server/api/v1/socket', events, 'kept');
    newest().onopen?.();
    expect(newest().sent[0]).toEqual({ id: 1, type: 'hello', version: 1, resume: 'kept' });
    expect(socket.token).toBe('kept');
  });

  it('answers what was pending when it breaks, and what is asked while it is away', async () => {
    online();
    const pending = socket.request({ type: 'clear_connection', call: 'a' });
    newest().onclose?.({ code: 1006 });
    expect(await pending).toMatchObject({ status: 'error', cause: { code: 'server_unreachable' } });
    expect(await socket.request({ type: 'ping' })).toMatchObject({ status: 'error' });
  });

  it('notices a dead path by itself and does not tell the server that it left', async () => {
    online();
    const dead = newest();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(dead.sent.at(-1)).toMatchObject({ type: 'ping' });
    await vi.advanceTimersByTimeAsync(4000);
    expect(links.at(-1)).toBe('reconnecting');
    expect([1000, 1001]).not.toContain(dead.closedWith);
  });

  it('stays while the server answers', async () => {
    online();
    for (let round = 0; round < 5; round++) {
      await vi.advanceTimersByTimeAsync(10_000);
      newest().says({ type: 'reply', id: newest().sent.at(-1)?.id, result: { status: 'ok' } });
    }
    await vi.advanceTimersByTimeAsync(5000);
    expect(links).toEqual(['online']);
  });

  it('does not return after the sign-in ended or the page is too old', () => {
    newest().onclose?.({ code: 4401 });
    expect(links).toEqual(['signed_out']);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);

    socket = new ServerSocket('ws://server/api/v1/socket', events);
    newest().onopen?.();
    const cause = { code: 'wrong_version', sip_status: null, detail: null };
    newest().says({ type: 'reply', id: 1, result: { status: 'error', cause } });
    newest().onclose?.({ code: 4400 });
    vi.advanceTimersByTime(60_000);
    expect(links.at(-1)).toBe('outdated');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it.each([
    ['too_many_clients', 'crowded'],
    ['web_app_not_given', 'not_given'],
  ] as const)('says that %s, and tries again', (code, link) => {
    newest().onopen?.();
    const cause = { code, sip_status: null, detail: null };
    newest().says({ type: 'reply', id: 1, result: { status: 'error', cause } });
    newest().onclose?.({ code: 4429 });
    expect(links).toEqual([link]);
    vi.advanceTimersByTime(60_000);
    online();
    expect(links.at(-1)).toBe('online');
  });

  it('tells the server when it leaves on purpose', () => {
    online();
    socket.close();
    expect(newest().closedWith).toBe(1000);
  });
});
