/** Which page asks about a link's number, where several are open. */
import { beforeEach, expect, it, vi } from 'vitest';
import { LinkExchange, type Channel } from './linkExchange';

let channels: Channel[];
const channel = (): Channel => {
  const one: Channel = {
    onmessage: null,
    postMessage: (data) => {
      const others = channels.filter((other) => other !== one);
      for (const { onmessage } of others) onmessage?.call(one as BroadcastChannel, { data } as MessageEvent);
    },
    close: () => (channels = channels.filter((other) => other !== one)),
  };
  channels.push(one);
  return one;
};

/** A page, and what the person sees of links there. */
function page(brought: string | null = null, visible = false, user = 'anna') {
  const sees = { asks: null as string | null, away: false };
  const exchange = new LinkExchange(channel(), user, brought, {
    visible: () => visible,
    ask: (number) => (sees.asks = number),
    handedOver: (is) => (sees.away = is),
  });
  return { exchange, sees };
}
const answered = () => vi.advanceTimersByTime(1000);

beforeEach(() => {
  vi.useFakeTimers();
  channels = [];
});

it('is the one that was opened by the link where there is no other of this person', () => {
  const stranger = page(null, true, 'ben');
  const { sees } = page('202', true);
  answered();
  expect(sees).toEqual({ asks: '202', away: false });
  expect(stranger.sees.asks).toBeNull();
});

it('is one of those that are open already: the visible one', () => {
  const open = [page(), page(null, true), page()];
  const { sees } = page('202', true);
  answered();
  expect(open.map(({ sees: { asks } }) => asks)).toEqual([null, '202', null]);
  expect(sees).toEqual({ asks: null, away: true });
});

it('is only one also where none is visible', () => {
  const open = [page(), page()];
  page('202', true);
  answered();
  expect(open.map(({ sees: { asks } }) => asks)).toEqual(['202', null]);
});

it.each([false, true])('is the open one also where that was late, unless the person has answered: %s', (done) => {
  const open = page();
  const late: (() => void)[] = [];
  const [first] = channels;
  const receive = first!.onmessage!;
  first!.onmessage = function (event) {
    late.push(() => receive.call(this, event));
  };
  const { sees, exchange } = page('202', true);
  answered();
  expect(sees).toEqual({ asks: '202', away: false });
  if (done) exchange.forget();
  first!.onmessage = receive;
  late.forEach((deliver) => deliver());
  expect(sees).toEqual({ asks: null, away: !done });
  expect(open.sees.asks).toBe(done ? null : '202');
});

it.each(['forget', 'close'] as const)('is no longer spoken of once the question is over there: %s', (how) => {
  const open = page();
  const { sees } = page('202', true);
  answered();
  open.exchange[how]();
  expect(sees).toEqual({ asks: null, away: false });
});

it('is no longer spoken of when the person has read it', () => {
  page();
  const { sees, exchange } = page('202', true);
  answered();
  exchange.dismiss();
  expect(sees.away).toBe(false);
});
