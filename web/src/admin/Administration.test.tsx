// @vitest-environment happy-dom
/** A session that ends while somebody is typing. */
import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import Administration from './Administration';

const user = { name: 'eva', display_name: 'Eva' };
const object = { name: 'desk', first_phone: '', second_phone: '', only_authorized_dial: false, active: true };
const desk = { id: 'c1', version: 1, from_file: false, object };
const lineGroups = { now: 0, line_groups: [], listeners: [], strangers: { requests: 0, addresses: [] } };

let signedIn: boolean;
beforeEach(() => {
  signedIn = true;
  window.history.replaceState(null, '', '/admin/computers/c1');
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    if (init?.method === 'POST') signedIn = true;
    if (!signedIn) return Promise.resolve(Response.json({ cause: { code: 'not_signed_in' } }, { status: 401 }));
    if (path.endsWith('/session')) return Promise.resolve(Response.json({ user }));
    if (path.endsWith('/line-groups')) return Promise.resolve(Response.json(lineGroups));
    if (path.endsWith('/computers/c1/pairing')) return Promise.resolve(Response.json({ paired: false, users: [] }));
    if (path.endsWith('/computers/c1')) return Promise.resolve(Response.json(desk, { headers: { etag: '"1"' } }));
    return Promise.resolve(Response.json({ items: [], next: null, total: 0 }));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
const keyboard = () => userEvent.setup({ delay: null });
const field = () => screen.findByRole<HTMLInputElement>('textbox', { name: /^Name/ });
const password = () => screen.findByLabelText('Password', { selector: '[name="password"]' });
const name = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'User name' });

it('keeps what is not saved behind the sign-in screen', async () => {
  rendered(<Administration />);
  const keys = keyboard();
  await keys.type(await field(), 'x');
  signedIn = false;
  await keys.type(await password(), 'secret');
  screen.getByText(/^What you have not saved is still there. Sign in as Eva/);
  // Nothing behind it can be reached.
  expect((await field()).closest('[inert]')).not.toBeNull();
  await keys.type(name(), 'eva{Enter}');
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'User name' })).toBeNull());
  expect((await field()).value).toBe('deskx');
  expect((await field()).closest('[inert]')).toBeNull();
  // It is asked again, and the session may end again.
  signedIn = false;
  await password();
  expect((await field()).value).toBe('deskx');
});

it('shows nothing behind the sign-in screen where all is saved', async () => {
  rendered(<Administration />);
  await field();
  signedIn = false;
  await password();
  expect(screen.queryByRole('textbox', { name: /^Name/ })).toBeNull();
});
