// @vitest-environment happy-dom
/** Who has to wait with signing in, and letting them in again. */
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { LocksPage } from './LocksPage';
import { serving, shown } from './testing';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const lock = { failures: 9, until: 1_800_000_000_000 };
const locks = {
  users: [{ id: 'u1', login: 'anna', lock }],
  administrators: [],
  addresses: [{ address: '2001:db8:1::/64', kind: 'user', lock }],
  unknown_logins: 3,
};

const server = () =>
  serving({}, ({ method, path }) => {
    if (method === 'DELETE') return { status: 204 };
    return path.endsWith('/locks') ? { body: locks } : undefined;
  });

it('shows who waits, and asks before somebody is let in', async () => {
  const { sent, asked } = server();
  shown(<LocksPage />);
  const keys = userEvent.setup({ document });
  await keys.click(await screen.findByRole('button', { name: 'Unlock anna' }));
  await screen.findByRole('dialog');
  await keys.keyboard('{Escape}');
  expect(sent()).toEqual([]);
  await keys.click(await screen.findByRole('button', { name: 'Unlock 2001:db8:1::/64' }));
  await keys.click(await screen.findByRole('button', { name: 'Unlock' }));
  expect(sent()).toMatchObject([{ method: 'DELETE', path: '/api/v1/admin/locks/addresses/2001%3Adb8%3A1%3A%3A%2F64' }]);
  expect(screen.getByText(/3 logins that nobody has/)).not.toBeNull();
  const before = asked.length;
  await keys.click(screen.getByRole('button', { name: 'Refresh' }));
  expect(asked.length).toBeGreaterThan(before);
});

it('lets nobody change what their role forbids', async () => {
  server();
  shown(<LocksPage />, 'users');
  await screen.findByRole('button', { name: 'Unlock anna' });
  expect(screen.queryByRole('button', { name: /Unlock 2001/ })).toBeNull();
  cleanup();
  shown(<LocksPage />, 'read_only');
  await screen.findByText('anna');
  expect(screen.queryByRole('button', { name: /Unlock/ })).toBeNull();
});
