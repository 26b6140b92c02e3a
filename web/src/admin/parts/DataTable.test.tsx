// @vitest-environment happy-dom
/** The list in a browser: what keys do, what a screen reader is told, and that few rows are drawn of very many. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../../components/testing';
import { DataTable, type BulkAction } from './DataTable';
import { Pages } from './pages';
import type { ListQuery, Page } from './rest';

interface User {
  id: string;
  name: string;
  login: string;
}

const ALL: User[] = Array.from({ length: 10_000 }, (_, n) => ({
  id: `u${n}`,
  name: `User ${String(n).padStart(5, '0')}`,
  login: `login-${n}`,
}));

/** A server with 10,000 users, a hundred a page. */
const load = ({ search, sort, direction }: ListQuery, cursor: string | null): Promise<Page<User>> => {
  const found = ALL.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase()));
  if (sort !== null && direction === 'descending') found.reverse();
  const from = Number(cursor ?? 0);
  const to = Math.min(found.length, from + 100);
  return Promise.resolve({
    items: found.slice(from, to),
    next: to < found.length ? String(to) : null,
    total: found.length,
  });
};

const columns = [
  { key: 'name', title: 'Name', sort: 'name', cell: ({ name }: User) => name },
  { key: 'login', title: 'Login', cell: ({ login }: User) => login },
];

async function show(actions: BulkAction<User>[] = [], ask = load) {
  const asked = vi.fn(ask);
  const keys = userEvent.setup();
  rendered(
    <DataTable
      label="Users"
      pages={new Pages<User>(asked)}
      columns={columns}
      nameOf={({ name }) => name}
      hrefOf={({ id }) => `/admin/users/${id}`}
      actions={actions}
      searchHint="Name or number"
      empty={<p>No user yet.</p>}
    />,
  );
  const grid = screen.getByRole('grid');
  await waitFor(() => expect(grid.getAttribute('aria-busy')).toBe('false'));
  return { grid, keys, asked };
}
const focused = () => document.activeElement?.textContent ?? '';
const rowOf = (name: string) => screen.getByRole('row', { name: new RegExp(name) });

afterEach(() => {
  cleanup();
  window.history.replaceState(null, '', '/');
});

it('draws few rows of very many, and says how many there are', async () => {
  const { grid } = await show();
  expect(grid.getAttribute('aria-rowcount')).toBe('10001');
  expect(within(grid).getAllByRole('row').length).toBeLessThan(60);
  expect(rowOf('User 00000').getAttribute('aria-rowindex')).toBe('2');
  expect(screen.getByText('10,000 entries')).toBeTruthy();
});

it('is one stop of Tab, and arrows move in it', async () => {
  const { keys } = await show();
  await keys.click(screen.getByRole('searchbox'));
  await keys.tab();
  expect(focused()).toBe('User 00000');
  await keys.keyboard('{ArrowDown}{ArrowRight}');
  expect(focused()).toBe('login-1');
  await keys.keyboard('{PageDown}{Home}{ArrowUp}');
  expect(focused()).toMatch(/^User 000/);
  await keys.tab();
  expect(document.activeElement).toBe(document.body);
});

it('goes to the very end and loads what is there', async () => {
  const { keys, asked } = await show();
  await keys.click(screen.getByRole('searchbox'));
  await keys.tab();
  await keys.keyboard('{Control>}{End}{/Control}');
  await waitFor(() => expect(focused()).toBe('login-9999'));
  expect(asked).toHaveBeenCalledTimes(100);
});

it('opens by Enter', async () => {
  const { keys } = await show();
  await keys.click(screen.getByRole('searchbox'));
  await keys.tab();
  await keys.keyboard('{ArrowDown}{Enter}');
  expect(window.location.pathname).toBe('/admin/users/u1');
});

it('sorts by the server, and back', async () => {
  const { keys, asked } = await show();
  const header = () => screen.getByRole('columnheader', { name: 'Name' });
  expect(header().getAttribute('aria-sort')).toBe('none');
  await keys.click(within(header()).getByRole('button'));
  await keys.click(within(header()).getByRole('button'));
  expect(header().getAttribute('aria-sort')).toBe('descending');
  expect(asked.mock.lastCall?.[0]).toMatchObject({ sort: 'name', direction: 'descending' });
  await screen.findByText('User 09999');
  expect(screen.getByRole('columnheader', { name: 'Login' }).getAttribute('aria-sort')).toBeNull();
});

it('searches when one pauses in typing, and says when nothing matches', async () => {
  const { keys, asked } = await show();
  await keys.type(screen.getByRole('searchbox'), '00042');
  await screen.findByText('1 entry');
  expect(asked).toHaveBeenCalledTimes(2);
  await keys.type(screen.getByRole('searchbox'), 'x');
  await screen.findByText('Nothing matches.');
});

it('selects by Space and ranges by Shift, and acts on what is selected', async () => {
  const run = vi.fn(() => Promise.resolve(true));
  const { keys } = await show([{ key: 'off', label: 'Deactivate', run }]);
  await keys.click(screen.getByRole('searchbox'));
  await keys.tab();
  await keys.keyboard('{ArrowRight} {Shift>}{ArrowDown}{ArrowDown}{/Shift}');
  expect(rowOf('User 00002').getAttribute('aria-selected')).toBe('true');
  expect(screen.getByText('3 selected')).toBeTruthy();
  await keys.click(screen.getByRole('button', { name: 'Deactivate' }));
  expect(run).toHaveBeenCalledWith(ALL.slice(0, 3));
  await waitFor(() => expect(screen.queryByText('3 selected')).toBeNull());
  // The button is gone; the focus is not.
  expect(document.activeElement?.closest('[role="grid"]')).toBeTruthy();
});

it('selects by its checkboxes, all that are loaded, then all that match', async () => {
  const run = vi.fn((_: readonly User[]) => Promise.resolve(false));
  const { keys } = await show([{ key: 'off', label: 'Deactivate', run }]);
  await keys.click(screen.getByRole('checkbox', { name: 'Select User 00003' }));
  expect(screen.getByText('1 selected')).toBeTruthy();
  await keys.click(screen.getByRole('checkbox', { name: 'Select all that are loaded' }));
  expect(screen.getByText('100 selected')).toBeTruthy();
  await keys.click(screen.getByRole('button', { name: 'Select all 10,000' }));
  await screen.findByText('10,000 selected');
  await keys.click(screen.getByRole('button', { name: 'Deactivate' }));
  expect(run.mock.lastCall?.[0]).toHaveLength(10_000);
  expect(screen.getByText('10,000 selected')).toBeTruthy();
});

it('acts on nothing that is out of sight', async () => {
  const { keys } = await show([{ key: 'off', label: 'Deactivate', run: () => Promise.resolve(true) }]);
  await keys.click(screen.getByRole('checkbox', { name: 'Select User 00003' }));
  await keys.type(screen.getByRole('searchbox'), '42');
  await waitFor(() => expect(screen.queryByText('1 selected')).toBeNull());
});

it('says why the list is not there, and tries again', async () => {
  let away = true;
  const { keys } = await show([], (query, cursor) => (away ? Promise.reject(new Error('x')) : load(query, cursor)));
  expect(screen.getByRole('alert').textContent).toContain('The list cannot be shown.');
  away = false;
  await keys.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('User 00000');
  expect(screen.queryByRole('alert')).toBeNull();
});

it('says when there is nothing at all', async () => {
  await show([], () => Promise.resolve({ items: [], next: null, total: 0 }));
  expect(screen.getByText('No user yet.')).toBeTruthy();
});
