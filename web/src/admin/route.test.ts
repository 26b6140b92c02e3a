import { expect, it } from 'vitest';
import { addressOf, PAGES, routeOf } from './route';

const route = (address: string) => routeOf(new URL(address, 'http://offhook.example'));

it('finds each page by its address', () => {
  for (const page of PAGES) expect(route(addressOf(page))).toMatchObject({ page, call: null });
  expect(route('/admin/')).toMatchObject({ page: 'lines' });
  expect(route('/admin/nothing')).toMatchObject({ page: 'lines' });
});

it('finds a call, whatever its name is made of', () => {
  for (const id of ['17', 'a84b4c76e66710@pc33.example.com', 'a/b?c#d%', '%']) {
    expect(route(addressOf('calls', id)).call).toBe(id);
  }
  expect(route('/admin/calls/%').call).toBe('%');
  expect(route('/admin/failures/17').call).toBeNull();
});

it('keeps what was chosen', () => {
  expect(route('/admin/failures?code=no_common_codec').chosen.get('code')).toBe('no_common_codec');
});
