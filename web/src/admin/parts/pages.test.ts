import { expect, it, vi } from 'vitest';
import { Pages } from './pages';
import type { ListQuery, Page } from './rest';

interface Item {
  id: string;
}
const items = (from: number, to: number): Item[] =>
  Array.from({ length: to - from }, (_, n) => ({ id: String(from + n) }));

/** A server with so many objects, ten a page. */
const server = (total: number) =>
  vi.fn((_: ListQuery, cursor: string | null): Promise<Page<Item>> => {
    const from = Number(cursor ?? 0);
    const to = Math.min(total, from + 10);
    return Promise.resolve({ items: items(from, to), next: to < total ? String(to) : null, total });
  });
const settled = (pages: Pages<Item>) => vi.waitFor(() => expect(pages.snapshot().loading).toBe(false));

it('loads as far as somebody looks', async () => {
  const load = server(95);
  const pages = new Pages(load);
  pages.need(5);
  await settled(pages);
  expect(pages.snapshot()).toMatchObject({ total: 95, failure: null });
  expect(pages.snapshot().items).toHaveLength(10);
  pages.need(34);
  await settled(pages);
  expect(pages.snapshot().items).toEqual(items(0, 40));
  pages.need(20);
  expect(load).toHaveBeenCalledTimes(4);
});

it('gets all, and knows the end', async () => {
  const pages = new Pages(server(25));
  expect(await pages.all()).toEqual(items(0, 25));
  expect(await new Pages(server(0)).all()).toEqual([]);
});

it('lets no late answer to an older question in', async () => {
  const waiting: ((page: Page<Item>) => void)[] = [];
  const pages = new Pages<Item>(() => new Promise((resolve) => waiting.push(resolve)));
  pages.need(1);
  pages.look({ search: 'b' });
  waiting[1]?.({ items: items(7, 8), next: null, total: 1 });
  await settled(pages);
  waiting[0]?.({ items: items(0, 5), next: null, total: 5 });
  await Promise.resolve();
  expect(pages.snapshot().items).toEqual(items(7, 8));
  expect(pages.snapshot().query.search).toBe('b');
});

it('keeps what it has where a page does not come, and goes on when told to', async () => {
  const load = server(30);
  const pages = new Pages(load);
  pages.need(1);
  await settled(pages);
  load.mockRejectedValueOnce(new Error('away'));
  pages.need(15);
  await settled(pages);
  expect(pages.snapshot().items).toHaveLength(10);
  expect(pages.snapshot().failure).toEqual(new Error('away'));
  pages.need(20);
  expect(load).toHaveBeenCalledTimes(2);
  await expect(pages.all()).rejects.toThrow('away');
  await pages.again();
  expect(pages.snapshot().failure).toBeNull();
});

it('lists nothing twice and does not ask for ever', async () => {
  const pages = new Pages<Item>((_, cursor) =>
    Promise.resolve(
      cursor === null
        ? { items: items(0, 3), next: 'x', total: 9 }
        : cursor === 'x'
          ? { items: items(2, 5), next: 'y', total: 9 }
          : { items: [], next: 'y', total: 9 },
    ),
  );
  expect(await pages.all()).toEqual(items(0, 5));
  expect(pages.snapshot().total).toBe(5);
});
