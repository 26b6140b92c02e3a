// @vitest-environment happy-dom
/** How people sign in with a second factor, and look after it. */
import { cleanup, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { AccountSecurity } from '../admin/site/AccountSecurity';
import { serving, shown, type Answer, type Asked } from '../admin/site/testing';
import { SignInGate } from '../components/SignInGate';
import { rendered } from '../components/testing';
import { users } from '../protocol/http';
import { Own } from './api';
import { SecurityPanel } from './SecurityPanel';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string) => screen.findByRole('button', { name });
const refusal = (code: string): Answer => ({ status: 401, body: { cause: { code } } });
const server = (answer: (asked: Asked) => Answer | undefined) => {
  // Refusals of sessions are no problem documents.
  const { asked } = serving({}, answer);
  const fetched = globalThis.fetch;
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    const found = await fetched(path, init);
    if (!path.endsWith('/session') || found.ok) return found;
    const headers = { 'content-type': 'application/json', ...(found.status === 429 ? { 'retry-after': '16' } : {}) };
    return new Response(await found.text(), { status: found.status, headers });
  });
  return asked;
};

const session = { created_at: 0, used_at: 0, expires_at: 9e12, address: '192.0.2.1', user_agent: 'curl/8.5.0' };
const security = { second_factor: null, second_factor_needed: false, password: true, min_length: 8 };
const gate = (
  <SignInGate session={users} lead="" accounts="">
    {(user, onSignedOut) => (
      <>
        <h1>{user.display_name}</h1>
        <button type="button" onClick={() => onSignedOut('not_signed_in')}>
          Turned away
        </button>
      </>
    )}
  </SignInGate>
);

it('asks for the code once the password is right, and says what is wrong with it', async () => {
  server(({ method, body }) => {
    if (method === 'GET') return refusal('not_signed_in');
    const { password, code } = body as { password: string; code?: string };
    if (password !== 'secret') return refusal('sign_in_failed');
    if (code === undefined) return refusal('code_needed');
    if (code === 'again') return { status: 429, body: { cause: { code: 'too_many_attempts' } } };
    return code === '123456' ? { body: { user: { name: 'anna', display_name: 'Anna' } } } : refusal('code_wrong');
  });
  rendered(gate);
  const keys = keyboard();
  await keys.type(await screen.findByLabelText('User name'), 'anna');
  await keys.type(screen.getByLabelText('Password'), 'secret{Enter}');
  const field = await screen.findByLabelText('Code');
  expect(document.activeElement).toBe(field);
  expect(screen.queryByRole('alert')).toBeNull();
  await keys.type(field, '000000{Enter}');
  expect((await screen.findByRole('alert')).textContent).toContain('This code is wrong');
  await keys.clear(field);
  await keys.type(field, 'again{Enter}');
  await screen.findByText(/Try again in 16 seconds\./);
  await keys.clear(field);
  await keys.type(field, '123456{Enter}');
  await screen.findByRole('heading', { name: 'Anna' });
});

it('lets nobody on before a demanded second factor is set up', async () => {
  const asked = server(({ method, path }) => {
    if (path === users.url) return { body: { user: { name: 'a', display_name: 'Anna', second_factor_missing: true } } };
    if (method === 'POST') return { body: { secret: 'ABCDEFGH', url: '', qr: '<svg/>' } };
    return { body: { recovery_codes: ['AAAA-BBBB-CCCC'] } };
  });
  rendered(gate);
  const keys = keyboard();
  await screen.findByRole('img', { name: /QR code/ });
  screen.getByText('ABCD EFGH');
  await keys.type(screen.getByLabelText('Code that the app shows'), '123456{Enter}');
  await screen.findByText('AAAA-BBBB-CCCC');
  expect(screen.queryByRole('heading', { name: 'Anna' })).toBeNull();
  await keys.click(await button('I have kept the codes'));
  await screen.findByRole('heading', { name: 'Anna' });
  expect(asked.at(-1)).toMatchObject({ method: 'PUT', path: `${users.url}/totp`, body: { code: '123456' } });
});

it('asks again whoever is turned away: for a second factor that is demanded by now, or to sign in', async () => {
  let missing = false;
  let over = false;
  server(({ method, path }) => {
    if (over) return refusal('not_signed_in');
    const user = { name: 'a', display_name: 'Anna', ...(missing ? { second_factor_missing: true } : {}) };
    if (path === users.url) return { body: { user } };
    return method === 'POST'
      ? { body: { secret: 'ABCDEFGH', url: '', qr: '<svg/>' } }
      : { body: { recovery_codes: [] } };
  });
  rendered(gate);
  const keys = keyboard();
  missing = true;
  await keys.click(await button('Turned away'));
  await keys.type(await screen.findByLabelText('Code that the app shows'), '123456{Enter}');
  await keys.click(await button('I have kept the codes'));
  over = true;
  await keys.click(await button('Turned away'));
  await screen.findByLabelText('User name');
  expect((await screen.findByRole('alert')).textContent).toContain('Please sign in.');
});

it('shows where one is signed in, and ends what one does not know', async () => {
  let sessions = [
    { ...session, id: 'here', current: true },
    { ...session, id: 'there', current: false, user_agent: '' },
  ];
  const asked = server(({ method, path }) => {
    if (method === 'DELETE') sessions = sessions.slice(0, 1);
    if (path.endsWith('/security')) return { body: security };
    return method === 'DELETE' ? { status: 204 } : { body: { sessions } };
  });
  rendered(<SecurityPanel own={new Own(users.url)} login="anna" />);
  const list = await screen.findByRole('list', { name: 'Where you are signed in' });
  expect(within(list).getAllByRole('listitem')).toHaveLength(2);
  expect(within(list).getAllByRole('button')).toHaveLength(1);
  await keyboard().click(await button('Sign out Unknown program'));
  await screen.findByText('Signed out.');
  expect(asked.find(({ method }) => method === 'DELETE')?.path).toBe(`${users.url}/sessions/there`);
  expect(screen.queryByRole('button', { name: 'Sign out all others' })).toBeNull();
});

it('says beside the field what is wrong with a new password', async () => {
  server(({ method, path, body }) => {
    if (path.endsWith('/security')) return { body: security };
    if (method === 'GET') return { body: { sessions: [{ ...session, id: 'here', current: true }] } };
    const { old } = body as { old: string };
    if (old === 'secret') return { status: 204 };
    const detail = 'This is not your password.';
    return {
      status: 422,
      body: { code: 'not_your_password', detail, errors: [{ pointer: '/old', code: 'not_your_password', detail }] },
    };
  });
  rendered(<SecurityPanel own={new Own(users.url)} login="anna" />);
  const keys = keyboard();
  const old = await screen.findByLabelText('Present password');
  await keys.type(old, 'guess');
  await keys.type(screen.getByLabelText('New password'), 'long enough{Enter}');
  await screen.findByText('This is not your password.');
  expect(document.activeElement).toBe(old);
  await keys.clear(old);
  await keys.type(old, 'secret{Enter}');
  await screen.findByText('Your password is changed. All other sessions have ended.');
  expect((old as HTMLInputElement).value).toBe('');
});

it('unlocks an account, and takes a second factor away only when that is sure', async () => {
  let lock: unknown = { failures: 7, until: 0 };
  let factor: unknown = { since: 0, recovery_codes: 1 };
  const asked = server(({ method, path }) => {
    if (path.endsWith('/lock')) lock = null;
    if (method === 'DELETE' && path.endsWith('/totp')) factor = null;
    if (method === 'DELETE') return { status: 204 };
    if (path.endsWith('/security')) return { body: { second_factor: factor, second_factor_needed: false, lock } };
    if (path.endsWith('/sessions')) return { body: { sessions: [] } };
    return { body: { entries: [], next: null } };
  });
  shown(<AccountSecurity kind="users" id="u1" name="Anna" may />);
  const keys = keyboard();
  await screen.findByText('Locked after 7 wrong passwords or codes');
  await keys.click(await button('Unlock'));
  await screen.findByText('Not locked');
  await keys.click(await button('Take away'));
  const dialog = await screen.findByRole('dialog');
  expect(asked.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  await keys.click(within(dialog).getByRole('button', { name: 'Take away' }));
  await screen.findByText('Not set up');
  cleanup();
  shown(<AccountSecurity kind="users" id="u1" name="Anna" may={false} />);
  await screen.findByText('Not locked');
  expect(screen.queryAllByRole('button')).toEqual([]);
});
