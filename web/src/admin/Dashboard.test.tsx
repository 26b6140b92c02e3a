// @vitest-environment happy-dom
/** The first page: what is shown at one look, and where that leads. */
import { cleanup, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import type { LineGroups } from '../generated/protocol';
import { Dashboard } from './Dashboard';
import { RoleContext } from './site/role';

const none = { now: 0, line_groups: [], listeners: [], strangers: { requests: 0, addresses: [] } };
const now = Date.now();
const hour = Math.floor(now / 3_600_000) * 3_600_000;
const answers: Record<string, unknown> = {
  '/status': {
    now,
    version: '1.2',
    started_at: now - 7_200_000,
    clients: 3,
    users: 2,
    workers: [{ load: 40, late: 0, overloaded: false }],
    queues: [],
    capture: { groups: [], lost: 0, lost_packets: 0, queued: 0, stopped: null },
    process: null,
    disk: { size: 200e9, free: 50e9 },
    database: { kind: 'sqlite', size: 1_000_000, problem: null },
    certificates: [],
  },
  '/calls': { now, running: [{}, {}], ended: [] },
  '/failures': {
    since: hour,
    until: now,
    calls: [],
    counts: {
      codes: [{ code: 'no_common_codec', count: 1, severity: 'failed', english: 'No codec', german: 'Kein Codec' }],
      lines: [],
      groups: [],
      hours: [],
    },
    ended: [{ at: hour, count: 4, bad: 1 }],
  },
  '/captures': { groups: [], files: [], calls: [], stopped: null, total: 0, total_limit: 1 },
  '/log': { areas: [], files: [], stopped: null, system_problem: null },
  '/audit': {
    entries: [
      { id: 1, at: now, actor: 'eva', actor_title: null, action: 'create', kind: 'user', object: 'x', title: 'mia' },
    ],
    next: null,
  },
};

function show(report: object, users: number, role: 'full' | 'read_only' = 'full') {
  vi.stubGlobal(
    'fetch',
    vi.fn((url: string) => {
      const path = url.split('?')[0]?.replace('/api/v1/admin', '') ?? '';
      return Promise.resolve(Response.json(answers[path] ?? { items: [], next: null, total: users }));
    }),
  );
  rendered(
    <RoleContext value={role}>
      <Dashboard report={report as LineGroups} />
    </RoleContext>,
  );
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.localStorage.clear();
});

it('shows the calls of the day, and leads to those that failed', async () => {
  show(none, 5);
  const card = await screen.findByRole('region', { name: 'Calls today' });
  await within(card).findByText('failed or bad, 25 %');
  expect(card.textContent).toContain('2now');
  expect(card.textContent).toContain('4today');
  const bar = within(card).getByRole('link', { name: /4 calls, 1 of them failed or bad/ });
  expect(bar.getAttribute('href')).toBe(`/admin/failures?period=day&at=${hour}`);
  const causes = screen.getByRole('region', { name: 'Why calls failed today' });
  const [, cause] = within(causes).getAllByRole('link');
  expect(cause?.getAttribute('href')).toBe('/admin/failures?period=day&code=no_common_codec');
});

it('shows what was changed last, with the object', async () => {
  show(none, 5);
  const link = await screen.findByRole('link', { name: 'mia' });
  expect(link.getAttribute('href')).toBe('/admin/users/x');
});

it('says what to do next on a young server, until somebody hides it', async () => {
  show(none, 0);
  const next = await screen.findByRole('region', { name: 'What to do next' });
  const links = within(next).getAllByRole('link');
  expect(links.map((link) => link.getAttribute('href'))).toContain('/admin/line_groups/new');
  await userEvent.setup({ delay: null }).click(within(next).getByRole('button', { name: 'Hide this' }));
  expect(screen.queryByRole('region', { name: 'What to do next' })).toBeNull();
  cleanup();
  show(none, 0);
  await screen.findByRole('link', { name: 'mia' });
  expect(screen.queryByRole('region', { name: 'What to do next' })).toBeNull();
});

it('leads nobody to where they may not change anything', async () => {
  show(none, 0, 'read_only');
  const next = await screen.findByRole('region', { name: 'What to do next' });
  expect(within(next).queryByRole('link', { name: /Connect a PBX/ })).toBeNull();
});
