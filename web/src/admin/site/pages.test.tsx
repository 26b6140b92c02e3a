// @vitest-environment happy-dom
/** The other pages of the site in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { routeOf, useAddress } from '../route';
import { AdministratorPage } from './Administrators';
import { AuditPage } from './AuditPage';
import { ComputerPage } from './Computers';
import { GroupPage } from './GroupPage';
import { Groups } from './Groups';
import { ProfilePage } from './Profiles';
import { Rights } from './Rights';
import { SettingsPage } from './SettingsPage';
import { serving, shown, stored, type Answer, type Asked } from './testing';
import { blankUser } from './UserPage';

const user = (name: string) => ({ ...blankUser, login: name.toLowerCase(), display_name: `${name} Berger` });
const group = {
  name: 'Sales',
  description: '',
  active: true,
  leader: 'u2',
  deputy: null,
  members: ['u1', 'u2'],
  member_grant: { level: 'business' },
  leader_grant: { level: 'personal' },
  services: [],
  journal: { leader_sees: false, members_see: false, may_change: false },
  monitor_groups: [],
  keys: [],
};
const settings = {
  presence_domain: '',
  server_name: 'Offhook',
  grant: { level: 'public' },
  services: ['audio'],
  all_in_monitor: false,
  monitor_grant: { level: 'none' },
  bind_lines: true,
  max_clients: 2,
  password: { min_length: 8 },
  session_days: 30,
  second_factor: 'optional',
};

const server = (more?: (asked: Asked) => Answer | undefined) =>
  serving(
    {
      users: { u1: stored('u1', user('Anna')), u2: stored('u2', user('Ben')), u3: stored('u3', user('Clara')) },
      groups: { g1: stored('g1', group), g2: stored('g2', { ...group, name: 'Support', members: [] }) },
      profiles: { p1: stored('p1', { name: 'Reception', description: '', settings: {} }) },
      computers: {},
      administrators: {
        a1: stored('a1', { login: 'eva', display_name: 'Eva', email: '', role: 'users', active: true }),
      },
      settings: { only: stored('only', settings) },
    },
    more,
  );

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string) => screen.getByRole('button', { name });
const sectionOf = (name: string) => screen.getByRole('region', { name });

it('lists groups with their heads and how many members they have', async () => {
  server();
  shown(<Groups />);
  const row = await screen.findByRole('row', { name: /Sales/ });
  await within(row).findByText('Ben Berger');
  expect(within(row).getByText('2')).toBeTruthy();
});

it('adds and removes members by name, and saves them', async () => {
  const { sent } = server();
  shown(<GroupPage id="g1" />);
  const keys = keyboard();
  await keys.click(await screen.findByRole('button', { name: 'Remove Anna Berger' }));
  expect(within(sectionOf('Members')).getByText('1 member')).toBeTruthy();
  await keys.type(screen.getByRole('combobox', { name: 'Add a member' }), 'Clara');
  await keys.click(await screen.findByRole('option', { name: /Clara Berger/ }));
  await keys.selectOptions(screen.getByRole('combobox', { name: /^Members on each other/ }), 'Team member');
  await keys.click(screen.getByRole('switch', { name: 'Head and deputy see the journals of all members' }));
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toEqual({
    ...group,
    members: ['u2', 'u3'],
    member_grant: { level: 'team_member' },
    journal: { ...group.journal, leader_sees: true },
  });
});

/** A group with more members than are drawn, whose names do not come. */
function nameless() {
  const members = Array.from({ length: 300 }, (_, place) => `m${place}`);
  let down = true;
  const served = serving(
    { users: {}, groups: { g9: stored('g9', { ...group, leader: null, members }) } },
    ({ path }) => {
      if (path.includes('/users/')) return { status: 404, body: { code: 'not_found', detail: 'x' } };
      if (!path.includes('/users?')) return undefined;
      if (down) return { status: 503, body: { code: 'shutting_down', detail: 'x' } };
      return { body: { items: [stored('m0', user('Xaver'))], next: null, total: 1 } };
    },
  );
  return { ...served, up: () => void (down = false) };
}

it('shows members whose names do not come by their ids, and asks again when told to', async () => {
  const { asked, up } = nameless();
  shown(<GroupPage id="g9" />);
  await screen.findByText(/^The names of the members cannot be shown/);
  expect(screen.getByRole('link', { name: 'm1' })).toBeTruthy();
  const single = () => asked.filter(({ path }) => path.includes('/users/'));
  expect(single()).toEqual([]);
  up();
  await keyboard().click(within(sectionOf('Members')).getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(single().length).toBeGreaterThan(0));
  // Only those that are drawn, of 300.
  expect(single().length).toBeLessThanOrEqual(100);
  await keyboard().type(screen.getByRole('searchbox', { name: 'Find a member' }), 'Xaver');
  await screen.findByRole('link', { name: 'Xaver Berger' });
});

it('lets who may only look search the members, and change nothing', async () => {
  const members = Array.from({ length: 12 }, (_, place) => `m${place}`);
  const users = Object.fromEntries(members.map((id) => [id, stored(id, user(`Person ${id}`))]));
  const { sent } = serving({ users, groups: { g8: stored('g8', { ...group, leader: null, members }) }, profiles: {} });
  shown(<GroupPage id="g8" />, 'read_only');
  const find = await screen.findByRole<HTMLInputElement>('searchbox', { name: 'Find a member' });
  expect(find.matches(':disabled') || find.closest('fieldset')?.disabled === true).toBe(false);
  await keyboard().type(find, 'm11{Enter}');
  await waitFor(() => expect(within(sectionOf('Members')).getByText('1 member')).toBeTruthy());
  for (const box of screen.getAllByRole<HTMLInputElement>('checkbox'))
    expect(box.disabled || box.closest('fieldset:disabled') !== null).toBe(true);
  expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull();
  expect(sent()).toEqual([]);
});

it('shows other groups in the monitor, and has keys', async () => {
  const { sent } = server();
  shown(<GroupPage id="g1" />);
  const keys = keyboard();
  await keys.click(await screen.findByRole('combobox', { name: 'Show a group' }));
  // Not itself.
  await keys.click(await screen.findByRole('option', { name: 'Support' }));
  await keys.click(button('Add a key'));
  await keys.type(screen.getByRole('textbox', { name: 'Label' }), 'Front desk');
  await keys.type(screen.getByRole('textbox', { name: 'Number' }), '0');
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({
    monitor_groups: [{ group: 'g2', monitor: true, favorites: false }],
    keys: [{ label: 'Front desk', number: '0', monitor: true, favorites: false }],
  });
});

function Address({ of: Of }: { of: (props: { chosen: URLSearchParams }) => React.ReactNode }) {
  return <Of chosen={routeOf(new URL(useAddress(), window.location.href)).chosen} />;
}

it('says why somebody may, and what else', async () => {
  const because = [
    { reason: {}, english: 'through group Sales', german: 'durch die Gruppe Sales' },
    { reason: {}, english: 'granted by the user', german: 'vom Benutzer erlaubt' },
  ];
  const { asked } = server(({ path }) => {
    const allowed = { allowed: true, because, denied: null };
    if (path.includes('/rights/may')) return { body: allowed };
    if (path.includes('/rights?')) return { body: { rights: [{ right: 'see_picture', decision: allowed }] } };
    return undefined;
  });
  shown(<Address of={Rights} />);
  const keys = keyboard();
  expect(screen.getByText(/^Choose two users/)).toBeTruthy();
  for (const [name, person] of [
    ['Who', /Anna Berger/],
    ['On whom', /Ben Berger/],
  ] as const) {
    await keys.click(screen.getByRole('combobox', { name }));
    await keys.click(await screen.findByRole('option', { name: person }));
  }
  await keys.selectOptions(screen.getByRole('combobox', { name: 'Right' }), 'first_pick_up');
  await screen.findByText('Anna Berger has this right on Ben Berger: First line (business): Pick up calls');
  expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    'through group Sales',
    'granted by the user',
  ]);
  expect(asked.at(-1)?.path).toBe('/api/v1/admin/rights/may?by=u1&right=first_pick_up&of=u2');
  const row = await screen.findByRole('row', { name: /See the picture/ });
  expect(row.textContent).toContain('through group Sales; granted by the user');
});

it('says why somebody may not', async () => {
  window.history.replaceState(null, '', '/admin/rights?by=u1&of=u2&right=see_private');
  server(({ path }) =>
    path.includes('/rights')
      ? {
          body: path.includes('may')
            ? { allowed: false, because: [], denied: { english: 'Nothing gives this right.', german: '' } }
            : { rights: [] },
        }
      : undefined,
  );
  shown(<Address of={Rights} />);
  await screen.findByText(/^Anna Berger does not have this right on Ben Berger/);
  expect(screen.getByText('Nothing gives this right.')).toBeTruthy();
});

const entry = (id: number, change: object) => ({
  id,
  at: Date.UTC(2026, 10, 22) + id,
  actor: 'a1',
  actor_kind: 'administrator',
  actor_title: 'Eva',
  address: '192.0.2.1',
  action: 'change',
  kind: 'group',
  object: 'g1',
  title: 'Sales',
  before: null,
  after: null,
  ...change,
});

it('shows what was changed, field by field, and narrows to a person', async () => {
  const { asked } = server(({ path }) => {
    if (!path.includes('/audit?')) return undefined;
    if (path.includes('before=7')) return { body: { entries: [entry(3, { action: 'create' })], next: null } };
    const after = { ...group, members: ['u1', 'u2', 'u3'], member_grant: { level: 'personal' } };
    return { body: { entries: [entry(7, { before: group, after })], next: 7 } };
  });
  shown(<Address of={AuditPage} />);
  const table = await screen.findByRole('table', { name: 'What was changed' });
  await within(table).findByText('Clara Berger (2 others stay)');
  expect(within(table).getByRole('row', { name: /Members on each other/ }).textContent).toContain('BusinessPersonal');
  const keys = keyboard();
  await keys.click(button('Show older changes'));
  await screen.findByText(/^created/);
  await keys.click(screen.getAllByRole('button', { name: 'Eva' })[0]!);
  await waitFor(() => expect(asked.at(-1)?.path).toContain('actor=a1'));
  expect(await screen.findByText('Only by:', { exact: false })).toBeTruthy();
  await keys.click(button('Changes by everybody'));
  await waitFor(() => expect(asked.at(-1)?.path).not.toContain('actor='));
});

it('saves the settings, and shows them only where the role does', async () => {
  const { sent } = server(({ method, body }) =>
    method === 'PUT' ? { body: stored('only', body as object), tag: '"2"' } : undefined,
  );
  shown(<SettingsPage />);
  const keys = keyboard();
  await keys.type(await screen.findByRole('textbox', { name: /^Presence domain/ }), 'example.com');
  const days = screen.getByRole('textbox', { name: /^Days until/ });
  await keys.clear(days);
  await keys.type(days, '7');
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toEqual({
    method: 'PUT',
    path: '/api/v1/admin/settings',
    body: { ...settings, presence_domain: 'example.com', session_days: 7 },
  });
  cleanup();
  shown(<SettingsPage />, 'read_only');
  await screen.findByRole('textbox', { name: /^Presence domain/ });
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});

it('presets settings of a profile', async () => {
  const { sent } = server();
  shown(<ProfilePage id="p1" />);
  const keys = keyboard();
  await keys.click(await screen.findByRole('checkbox', { name: 'Appearance' }));
  await keys.selectOptions(screen.getByRole('combobox', { name: 'Value of Appearance' }), 'Dark');
  await keys.click(screen.getByRole('switch', { name: 'Locked' }));
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()[0]?.body).toMatchObject({ settings: { theme: { value: 'dark', locked: true } } }));
});

it('makes a computer', async () => {
  const { sent } = server();
  shown(<ComputerPage id="new" />);
  const keys = keyboard();
  await keys.type(screen.getByRole('textbox', { name: /^Name/ }), 'desk-1');
  await keys.type(screen.getByRole('textbox', { name: /^First phone/ }), '201');
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()[0]?.body).toMatchObject({ name: 'desk-1', first_phone: '201', active: true }));
});

it('changes the role of an administrator', async () => {
  const { sent } = server();
  shown(<AdministratorPage id="a1" />);
  const keys = keyboard();
  await keys.selectOptions(await screen.findByRole('combobox', { name: /^Role/ }), 'Everything');
  await keys.click(button('Save'));
  await waitFor(() => expect(sent()[0]?.body).toMatchObject({ role: 'full' }));
  expect(button('Set password')).toBeTruthy();
});
