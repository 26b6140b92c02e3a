/** Requests to a server that does not answer. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Poller } from '../admin/poller';
import { download, get, PATIENCE, Refusal, request } from './http';

/** A server that takes requests and says nothing until somebody has enough. */
function silent() {
  const signals: AbortSignal[] = [];
  const fetch = vi.fn((_: string, { signal }: RequestInit) => {
    if (signal) signals.push(signal);
    return new Promise<Response>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('over', 'AbortError')));
    });
  });
  vi.stubGlobal('fetch', fetch);
  return { fetch, signals };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

it('waits for no answer for ever, and longer for one to a change', async () => {
  silent();
  let changed: unknown = null;
  const asked = failure(get('/x'));
  void failure(request('/x', { method: 'PUT' })).then((error) => (changed = error));
  await vi.advanceTimersByTimeAsync(PATIENCE.read);
  expect(await asked).toEqual(new Refusal('server_unreachable'));
  expect(changed).toBeNull();
  await vi.advanceTimersByTimeAsync(PATIENCE.write - PATIENCE.read);
  expect(changed).toEqual(new Refusal('server_unreachable'));
});

it('waits longer where a file goes or comes, and gives it as it is', async () => {
  silent();
  const ended: unknown[] = [];
  void failure(download('/x', { method: 'POST' })).then((error) => ended.push(error));
  void failure(request('/x', { method: 'POST' }, PATIENCE.file)).then((error) => ended.push(error));
  await vi.advanceTimersByTimeAsync(PATIENCE.write);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(PATIENCE.file);
  expect(ended).toHaveLength(2);
  const octets = new Uint8Array([0, 255, 1]);
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(octets)));
  expect(new Uint8Array(await (await download('/x')).arrayBuffer())).toEqual(octets);
});

it('says that the server is lost once it no longer answers', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ now: 1 })));
  const page = Object.assign(new EventTarget(), { hidden: false }) as unknown as Document;
  const poller = new Poller((signal) => get<{ now: number }>('/x', signal), page, { every: 100 });
  poller.start();
  await vi.advanceTimersByTimeAsync(1);
  expect(poller.snapshot().link).toBe('online');
  silent();
  await vi.advanceTimersByTimeAsync(100 + PATIENCE.read);
  expect(poller.snapshot()).toMatchObject({ link: 'lost', failure: 'server_unreachable', report: { now: 1 } });
  poller.stop();
});

it('ends what is being asked when nobody wants to know any longer', async () => {
  const { signals } = silent();
  const page = Object.assign(new EventTarget(), { hidden: false }) as unknown as Document;
  const poller = new Poller((signal) => get<object>('/x', signal), page);
  poller.start();
  void poller.poll();
  await vi.advanceTimersByTimeAsync(1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  poller.stop();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it('takes what is not our server for none', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 200 })));
  expect(await failure(get('/x'))).toEqual(new Refusal('server_unreachable'));
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
  expect(await failure(get('/x'))).toEqual(new Refusal('server_unreachable'));
});
