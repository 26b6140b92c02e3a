// @vitest-environment happy-dom
/** The console's frame in a browser: its navigation, and what a role is offered. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import type { LineGroups } from '../generated/protocol';
import { Console } from './Console';
import { Poller } from './poller';
import { NAVIGATION } from './route';

const line = {
  id: '1',
  number: '201',
  user_name: '201',
  pilot: false,
  state: 'registered',
  cause: null,
  until: null,
  target: null,
  last_error: null,
  retries: 0,
  next_try: null,
};
const group = {
  id: 'g',
  object: null,
  from_file: true,
  name: 'HQ',
  kind: 'softphones',
  registrar: null,
  domain: null,
  listener: null,
  cause: null,
  targets: [],
  lookup_at: null,
  lines: [line],
  bindings: [],
  wrong_passwords: 0,
};
const report = {
  now: 0,
  line_groups: [group],
  listeners: [],
  strangers: { requests: 0, addresses: [] },
} as unknown as LineGroups;

let poller: Poller<LineGroups>;
async function show(address: string, role?: string) {
  window.history.replaceState(null, '', address);
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(Response.json({ items: [], next: null, total: 0, entries: [] }))),
  );
  poller = new Poller(() => Promise.resolve(report));
  poller.start();
  const user = { name: 'eva', display_name: 'Eva', ...(role ? { role } : {}) };
  rendered(<Console poller={poller} user={user} onSignedOut={() => undefined} />);
  await screen.findByRole('heading', { level: 1 });
}
afterEach(() => {
  poller.stop();
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

it('groups its pages, and each leads to its own', async () => {
  await show('/admin/users');
  const nav = screen.getByRole('navigation', { name: 'Pages' });
  expect(
    within(nav)
      .getAllByRole('group')
      .map((each) => within(each).getByRole('heading').textContent),
  ).toEqual(['Overview', 'People', 'Telephony', 'Diagnosis', 'System']);
  const links = within(nav).getAllByRole('link');
  expect(links).toHaveLength(NAVIGATION.flatMap(({ pages }) => [...pages]).length);
  const keys = userEvent.setup({ delay: null });
  for (const name of ['Groups', 'Rights', 'Profiles', 'Computers', 'Administrators', 'Audit log', 'Users']) {
    await keys.click(within(nav).getByRole('link', { name }));
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(name));
    expect(within(nav).getByRole('link', { current: 'page' }).textContent).toBe(name);
  }
});

it('opens its menu where there is little room, and closes it once a page is chosen', async () => {
  await show('/admin/users');
  const keys = userEvent.setup({ delay: null });
  const menu = screen.getByRole('button', { name: /^Menu/ });
  expect(menu.getAttribute('aria-expanded')).toBe('false');
  await keys.click(menu);
  expect(menu.getAttribute('aria-expanded')).toBe('true');
  await keys.click(screen.getByRole('link', { name: 'Groups' }));
  expect(menu.getAttribute('aria-expanded')).toBe('false');
});

it('offers no reset of a line to who may only look', async () => {
  await show('/admin/lines');
  await screen.findByRole('button', { name: 'Reset line 201' });
  cleanup();
  poller.stop();
  await show('/admin/lines', 'read_only');
  await screen.findByRole('link', { name: '201' });
  expect(screen.queryByRole('button', { name: 'Reset line 201' })).toBeNull();
});
