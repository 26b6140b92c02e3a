import { expect, it } from 'vitest';
import { addressOf, PAGES, routeOf } from './route';

const route = (address: string) => routeOf(new URL(address, 'http://offhook.example'));

it('finds each page by its address', () => {
  for (const page of PAGES) expect(route(addressOf(page))).toMatchObject({ page, traced: null });
  expect(route('/admin/')).toMatchObject({ page: 'dashboard' });
  expect(route('/admin/nothing')).toMatchObject({ page: 'dashboard' });
});

it('finds a call and a line, whatever its name is made of', () => {
  for (const id of ['17', 'a84b4c76e66710@pc33.example.com', 'a/b?c#d%', '%']) {
    expect(route(addressOf('calls', id)).traced).toBe(id);
    expect(route(addressOf('lines', id))).toMatchObject({ page: 'lines', traced: id });
  }
  expect(route('/admin/calls/%').traced).toBe('%');
  expect(route('/admin/failures/17').traced).toBeNull();
});

it('keeps what was chosen', () => {
  expect(route('/admin/failures?code=no_common_codec').chosen.get('code')).toBe('no_common_codec');
});
