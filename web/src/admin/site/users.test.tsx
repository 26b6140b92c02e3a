// @vitest-environment happy-dom
/** Users in a browser: the list, what is done with many, and a user's page. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { useAddress } from '../route';
import { forgetLists } from './ObjectList';
import { blankUser, UserPage } from './UserPage';
import { Users } from './Users';
import { serving, shown, stored, type Answer, type Asked } from './testing';

const user = (name: string, change: object = {}) => ({
  ...blankUser,
  login: name.toLowerCase(),
  first_name: name,
  display_name: `${name} Berger`,
  ...change,
});
const group = {
  name: 'Sales',
  description: '',
  active: true,
  leader: null,
  deputy: null,
  members: ['u1'],
  services: ['chat'],
};
const settings = {
  presence_domain: 'example.com',
  services: ['audio'],
  bind_lines: true,
  max_clients: 2,
  password: { min_length: 8 },
};

function server(more?: (asked: Asked) => Answer | undefined) {
  return serving(
    {
      users: {
        u1: stored('u1', user('Anna')),
        u2: stored('u2', user('Ben')),
        u3: stored('u3', user('Clara'), true),
      },
      groups: { g1: stored('g1', group) },
      profiles: {},
      settings: { only: stored('only', settings) },
    },
    (asked) =>
      more?.(asked) ??
      (asked.path.endsWith('/lines')
        ? {
            body: {
              lines: [{ line: { group: 'HQ', number: '201' }, by: 'business', place: 'first', owner: true }],
              loose: [{ pointer: '/first_phone', line: '999', english: 'There is no such line.', german: '' }],
            },
          }
        : undefined),
  );
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const field = (name: RegExp) => screen.getByRole<HTMLInputElement>('textbox', { name });

it('lists users, with a padlock at those of the file', async () => {
  server();
  shown(<Users />);
  const row = await screen.findByRole('row', { name: /Clara Berger/ });
  expect(within(row).getByRole('img', { name: 'Set in offhook.toml' })).toBeTruthy();
  expect(screen.getByRole('row', { name: /Anna Berger/ }).textContent).toContain('anna');
});

it('deletes many once one has agreed to their number, and leaves out those of the file', async () => {
  const { sent } = server();
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  const keys = keyboard();
  await keys.click(screen.getByRole('checkbox', { name: 'Select all that are loaded' }));
  await keys.click(button('Delete'));
  const dialog = await screen.findByRole('dialog', { name: 'Delete 2 users?' });
  expect(sent()).toEqual([]);
  await keys.click(within(dialog).getByRole('button', { name: 'Delete 2 entries' }));
  await waitFor(() =>
    expect(sent()).toEqual([
      { method: 'POST', path: '/api/v1/admin/users/bulk', body: { ids: ['u1', 'u2'], delete: true } },
    ]),
  );
});

it('deletes nothing where one does not agree', async () => {
  const { sent } = server();
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  const keys = keyboard();
  await keys.click(screen.getByRole('checkbox', { name: 'Select Anna Berger' }));
  await keys.click(button('Delete'));
  await keys.click(
    within(await screen.findByRole('dialog', { name: 'Delete 1 user?' }))
      .getAllByRole('button', { name: 'Cancel' })
      .at(-1)!,
  );
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(sent()).toEqual([]);
});

it('offers nothing to an administrator who may only look', async () => {
  server();
  shown(<Users />, 'read_only');
  await screen.findByRole('row', { name: /Anna Berger/ });
  expect(screen.queryByRole('button', { name: 'New user' })).toBeNull();
  expect(screen.queryByRole('checkbox')).toBeNull();
});

it('narrows the list', async () => {
  const { asked } = server();
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  await keyboard().selectOptions(screen.getByRole('combobox', { name: 'Active or not' }), 'Only inactive');
  await waitFor(() => expect(asked.some(({ path }) => /users\?.*active=false/.test(path))).toBe(true));
});

it('narrows to a group only as long as there is that group', async () => {
  const groups: Record<string, ReturnType<typeof stored>> = { g1: stored('g1', group) };
  const served = () => serving({ users: { u1: stored('u1', user('Anna')) }, groups, profiles: {} });
  served();
  shown(<Users />);
  const ofGroup = () => screen.getByRole<HTMLSelectElement>('combobox', { name: 'Group' });
  await screen.findByRole('option', { name: 'Sales' });
  await keyboard().selectOptions(ofGroup(), 'Sales');
  cleanup();
  delete groups.g1;
  const { asked } = served();
  shown(<Users />);
  // What the list is narrowed to can be seen until it is known to be gone.
  expect(ofGroup().value).toBe('g1');
  const lists = () => asked.filter(({ path }) => path.startsWith('/api/v1/admin/users?'));
  await waitFor(() => expect(lists().at(-1)?.path).not.toContain('group='));
  expect(lists()[0]?.path).toContain('group=g1');
  expect(ofGroup().value).toBe('');
});

it('forgets what a list was narrowed to for who signs in next', async () => {
  server();
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  const active = () => screen.getByRole<HTMLSelectElement>('combobox', { name: 'Active or not' });
  await keyboard().selectOptions(active(), 'Only inactive');
  cleanup();
  shown(<Users />);
  expect(active().value).toBe('false');
  cleanup();
  forgetLists();
  shown(<Users />);
  expect(active().value).toBe('');
});

it('gives services to many in one request, which leaves what else each has to the server', async () => {
  const { sent } = server();
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  const keys = keyboard();
  await keys.click(screen.getByRole('checkbox', { name: 'Select all that are loaded' }));
  await keys.click(button('Add services'));
  const dialog = await screen.findByRole('dialog', { name: 'Add services' });
  await keys.click(within(dialog).getByRole('checkbox', { name: 'Chat' }));
  await keys.click(within(dialog).getByRole('button', { name: 'Add' }));
  await waitFor(() =>
    expect(sent()).toEqual([
      { method: 'POST', path: '/api/v1/admin/users/bulk', body: { ids: ['u1', 'u2'], add: { services: ['chat'] } } },
    ]),
  );
});

it('shows the list as it is after something that did not work', async () => {
  const { asked } = server(({ method }) =>
    method === 'POST' ? { status: 412, body: { code: 'version_conflict', detail: 'x', errors: [] } } : undefined,
  );
  shown(<Users />);
  await screen.findByRole('row', { name: /Anna Berger/ });
  const keys = keyboard();
  await keys.click(screen.getByRole('checkbox', { name: 'Select Anna Berger' }));
  const lists = () => asked.filter(({ path }) => path.startsWith('/api/v1/admin/users?')).length;
  const before = lists();
  await keys.click(button('Deactivate'));
  await waitFor(() => expect(lists()).toBeGreaterThan(before));
});

function Opened({ id }: { id: string }) {
  useAddress();
  return <UserPage id={id} />;
}

it('suggests a new user’s displayed name until another is chosen, and an identity', async () => {
  const { sent } = server();
  shown(<Opened id="new" />);
  const keys = keyboard();
  await keys.type(await screen.findByRole('textbox', { name: /^First name/ }), 'Zoë');
  await keys.type(field(/^Last name/), 'Weber');
  expect(field(/^Displayed name/).value).toBe('Zoë Weber');
  await keys.clear(field(/^Displayed name/));
  await keys.type(field(/^Displayed name/), 'Reception');
  await keys.type(field(/^Last name/), 's');
  expect(field(/^Displayed name/).value).toBe('Reception');
  await keys.type(field(/^Login/), 'zoe');
  await waitFor(() => expect(field(/^Identity/).placeholder).toBe('zoe@example.com'));
  await keys.click(button('Save'));
  await waitFor(() => expect(window.location.pathname).toBe('/admin/users/made'));
  expect(sent()[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/admin/users',
    body: { login: 'zoe', last_name: 'Webers', display_name: 'Reception', identity: '' },
  });
});

it('stays on a new user of whom more was typed while it was made, and makes it once', async () => {
  let made: () => void = () => undefined;
  const { sent } = server();
  const answers = globalThis.fetch;
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    if (init?.method === 'POST') await new Promise<void>((resolve) => (made = resolve));
    return answers(path, init);
  });
  shown(<Opened id="new" />);
  const keys = keyboard();
  await keys.type(await screen.findByRole('textbox', { name: /^Login/ }), 'zoe');
  await keys.click(button('Save'));
  await keys.type(field(/^E-mail/), 'z@example.com');
  made();
  await waitFor(() => expect(sent()).toHaveLength(1));
  await waitFor(() => expect(screen.getByRole('button', { name: 'Save' }).getAttribute('aria-busy')).toBe('false'));
  expect(window.location.pathname).toBe('/');
  // Nobody is asked whether to leave.
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(field(/^E-mail/).value).toBe('z@example.com');
  await keys.click(button('Save'));
  await waitFor(() => expect(window.location.pathname).toBe('/admin/users/made'));
  expect(sent().map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/v1/admin/users',
    'PUT /api/v1/admin/users/made',
  ]);
});

it('is called as somebody else has named it once one takes theirs', async () => {
  let now = { ...user('Anna') };
  let tag = 1;
  server(({ method, path, body }) => {
    if (path !== '/api/v1/admin/users/u1') return undefined;
    if (method === 'GET') return { body: stored('u1', now), tag: `"${tag}"` };
    void body;
    return { status: 412, body: { code: 'changed', detail: 'Changed', errors: [] } };
  });
  shown(<Opened id="u1" />);
  const keys = keyboard();
  await keys.type(await screen.findByRole('textbox', { name: /^E-mail/ }), 'x');
  now = { ...now, display_name: 'Anna Weber' };
  tag = 2;
  await keys.click(button('Save'));
  await keys.click(await screen.findByRole('button', { name: 'Discard mine and reload' }));
  await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Anna Weber'));
});

it('shows what lines follow and why, and where services come from', async () => {
  const source = (of: string, english: string) => ({ from: { source: of }, english, german: '' });
  const because = [source('everybody', 'through the global settings'), source('user', 'given to the user')];
  server(({ path }) =>
    path.endsWith('/services')
      ? { body: { services: [{ service: 'chat', allowed: true, because, denied: null }] } }
      : undefined,
  );
  shown(<Opened id="u1" />);
  const lines = await screen.findByRole('table', { name: 'Lines of this user' });
  expect(
    within(lines)
      .getAllByRole('cell')
      .map(({ textContent }) => textContent),
  ).toEqual(['201 (HQ)', 'first line', 'has the business number', 'this user’s']);
  expect(screen.getByText('999: There is no such line.')).toBeTruthy();
  // What the user alone is given is what can be changed here.
  await screen.findByText('through the global settings');
});

it('puts what is wrong beside its field, also within a list', async () => {
  server(({ method }) =>
    method === 'PUT'
      ? {
          status: 422,
          body: {
            code: 'name_taken',
            detail: 'Ben has this name already.',
            errors: [
              { pointer: '/login', code: 'name_taken', detail: 'Ben has this name already.' },
              { pointer: '/additional_lines/0/line', code: 'invalid_line', detail: 'x' },
            ],
          },
        }
      : undefined,
  );
  shown(<Opened id="u1" />);
  const keys = keyboard();
  await keys.click(await screen.findByRole('button', { name: 'Add a line' }));
  await keys.click(button('Save'));
  await screen.findByText('Ben has this name already.');
  await waitFor(() => expect(document.activeElement).toBe(field(/^Login/)));
  const region = screen.getByRole('region', { name: 'Additional lines' });
  expect(within(region).getByText(/^A line is named by its number/)).toBeTruthy();
});

it('grants rights one by one, beginning with those of the level', async () => {
  const { sent } = server();
  shown(<Opened id="u1" />);
  const keys = keyboard();
  await keys.click(await screen.findByRole('combobox', { name: 'Grant rights to' }));
  await keys.click(await screen.findByRole('option', { name: /Ben Berger/ }));
  await keys.selectOptions(await screen.findByRole('combobox', { name: /^To Ben Berger/ }), 'special');
  const box = (name: string) => screen.getByRole<HTMLInputElement>('checkbox', { name });
  expect(box('Presence: See the presence').checked).toBe(true);
  expect(box('First line (business): Pick up calls').checked).toBe(false);
  await keys.click(box('First line (business): Pick up calls'));
  await keys.click(box('All of Contact data'));
  await keys.click(box('All of Contact data'));
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  const { grants } = sent()[0]?.body as { grants: { to: string; grant: { level: string; rights: string[] } }[] };
  expect(grants[0]?.to).toBe('u2');
  expect(grants[0]?.grant.level).toBe('special');
  expect(grants[0]?.grant.rights).toContain('first_pick_up');
  expect(grants[0]?.grant.rights).not.toContain('see_picture');
});

it('sets a password, says what is wrong with one, and shows none', async () => {
  let wrong = true;
  const { sent } = server(({ path }) =>
    wrong && path.endsWith('/password')
      ? {
          status: 422,
          body: {
            code: 'out_of_range',
            errors: [{ pointer: '/password', code: 'out_of_range', detail: 'Too short.' }],
          },
        }
      : undefined,
  );
  shown(<Opened id="u1" />);
  const password = await screen.findByLabelText('New password');
  expect(password.getAttribute('type')).toBe('password');
  const keys = keyboard();
  await keys.type(password, 'abc');
  await keys.click(button('Set password'));
  await screen.findByText('Too short.');
  wrong = false;
  await keys.type(password, 'defghijk');
  await keys.click(button('Set password'));
  await waitFor(() => expect((password as HTMLInputElement).value).toBe(''));
  expect(sent().at(-1)).toEqual({
    method: 'PUT',
    path: '/api/v1/admin/users/u1/password',
    body: { password: 'abcdefghijk' },
  });
});

it('leaves a group at once', async () => {
  const { sent } = server();
  shown(<Opened id="u1" />);
  await keyboard().click(await screen.findByRole('button', { name: 'Remove from Sales' }));
  await waitFor(() => expect(sent()[0]).toMatchObject({ path: '/api/v1/admin/groups/g1', body: { members: [] } }));
  await screen.findByText('The user is in no group.');
});

it('says what refers to a user before deleting, and goes back to the list', async () => {
  const reference = { kind: 'group', id: 'g1', title: 'Sales', pointer: '/members/0' };
  const { sent } = server(({ path }) => {
    if (path.endsWith('/references')) return { body: { references: [reference], total: 1 } };
    if (!path.endsWith('/services')) return undefined;
    const source = { from: { source: 'group' }, english: 'through group Sales', german: '' };
    const own = { from: { source: 'user' }, english: 'given to the user', german: '' };
    return { body: { services: [{ service: 'chat', allowed: true, because: [source, own], denied: null }] } };
  });
  shown(<Opened id="u1" />);
  const keys = keyboard();
  await screen.findByText('through group Sales');
  // Nobody asks whether to save what is gone.
  await keys.type(field(/^Login/), 'x');
  await keys.click(button('Delete'));
  const dialog = await screen.findByRole('dialog', { name: 'Delete Anna Berger?' });
  expect(within(dialog).getByRole('listitem').textContent).toBe('Group Sales: Members');
  await keys.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(window.location.pathname).toBe('/admin/users'));
  expect(sent()).toEqual([{ method: 'DELETE', path: '/api/v1/admin/users/u1', body: undefined }]);
});

it('only shows what the file sets', async () => {
  server();
  shown(<Opened id="u3" />);
  await screen.findByText(/It can only be changed there/);
  expect(field(/^Login/).matches(':disabled') || field(/^Login/).closest('fieldset')?.disabled).toBe(true);
  for (const name of ['Save', 'Delete', 'Set password']) expect(screen.queryByRole('button', { name })).toBeNull();
});
