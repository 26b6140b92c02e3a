import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LineGroups } from '../generated/protocol';
import { Refusal } from '../protocol/http';
import { POLL_EVERY, Poller } from './poller';

class Page extends EventTarget {
  hidden = false;

  show(shown: boolean) {
    this.hidden = !shown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const report = (now: number): LineGroups => ({
  now,
  line_groups: [],
  listeners: [],
  strangers: { requests: 0, addresses: [] },
});

beforeEach(() => void vi.useFakeTimers({ now: 1000 }));
afterEach(() => void vi.useRealTimers());

function watch(ask: () => Promise<LineGroups>) {
  const page = new Page();
  const poller = new Poller(ask, page as unknown as Document);
  poller.start();
  return { page, poller };
}

it('asks again and knows the difference of the clocks', async () => {
  const ask = vi.fn(() => Promise.resolve(report(Date.now() + 500)));
  const { poller } = watch(ask);
  await vi.advanceTimersByTimeAsync(POLL_EVERY + 1);
  expect(ask).toHaveBeenCalledTimes(2);
  expect(poller.snapshot()).toMatchObject({ link: 'online', clockOffset: 500, at: 1000 + POLL_EVERY });
  poller.stop();
  await vi.advanceTimersByTimeAsync(3 * POLL_EVERY);
  expect(ask).toHaveBeenCalledTimes(2);
});

it('asks nothing while nobody looks, and at once when somebody does', async () => {
  const ask = vi.fn(() => Promise.resolve(report(0)));
  const { page, poller } = watch(ask);
  await vi.advanceTimersByTimeAsync(1);
  page.show(false);
  await vi.advanceTimersByTimeAsync(10 * POLL_EVERY);
  expect(ask).toHaveBeenCalledTimes(1);
  page.show(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(ask).toHaveBeenCalledTimes(2);
  poller.stop();
});

it('keeps what it knows while the server is away, and goes on when it is back', async () => {
  const answers = [() => Promise.resolve(report(7)), () => Promise.reject(new Refusal('server_unreachable'))];
  const { poller } = watch(() => (answers.shift() ?? (() => Promise.resolve(report(9))))());
  await vi.advanceTimersByTimeAsync(POLL_EVERY + 1);
  expect(poller.snapshot()).toMatchObject({ link: 'lost', failure: 'server_unreachable', report: { now: 7 } });
  await vi.advanceTimersByTimeAsync(POLL_EVERY);
  expect(poller.snapshot()).toMatchObject({ link: 'online', failure: null, report: { now: 9 } });
  poller.stop();
});

it('stops when the session is over', async () => {
  const ask = vi.fn(() => Promise.reject(new Refusal('not_signed_in')));
  const { poller } = watch(ask);
  await vi.advanceTimersByTimeAsync(5 * POLL_EVERY);
  expect(ask).toHaveBeenCalledTimes(1);
  expect(poller.snapshot().link).toBe('signed_out');
});

it('lets no late answer replace a newer one', async () => {
  const waiting: ((report: LineGroups) => void)[] = [];
  const { poller } = watch(() => new Promise((resolve) => waiting.push(resolve)));
  void poller.poll();
  waiting[1]?.(report(2));
  await vi.advanceTimersByTimeAsync(1);
  waiting[0]?.(report(1));
  await vi.advanceTimersByTimeAsync(1);
  expect(poller.snapshot().report?.now).toBe(2);
  poller.stop();
});
