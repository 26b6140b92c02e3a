// @vitest-environment happy-dom
/** Line groups and lines in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { LineGroups as Report } from '../../generated/protocol';
import { blankLine, blankLineGroup } from './lineGroup';
import { LineGroupPage } from './LineGroupPage';
import { LineList, LinePage } from './LinePage';
import { serving, shown, stored, type Answer, type Asked } from './testing';

const group = { ...blankLineGroup, name: 'Headquarters', registrar: 'pbx.example.com' };
const line = (number: string) => ({ ...blankLine, group: 'g1', user_name: number, number });

const server = (more?: (asked: Asked) => Answer | undefined) =>
  serving(
    {
      line_groups: { g1: stored('g1', group), g2: stored('g2', { ...group, name: 'Of the file' }, true) },
      lines: { l1: stored('l1', line('100')), l2: stored('l2', line('101'), true) },
    },
    more,
  );

const report = {
  line_groups: [
    { object: 'g1', kind: 'softphones', lines: [{ object: 'l1', number: '100', state: 'registered', cause: null }] },
  ],
} as unknown as Report;

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const field = (name: string | RegExp) => screen.getByLabelText(name);

it('makes a line group of a name and an address', async () => {
  const { sent } = server();
  shown(<LineGroupPage id="new" report={null} />);
  await keyboard().type(field(/^Name/), 'Branch');
  await keyboard().type(field(/^Address of the PBX/), 'sip.example.com');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/admin/line_groups',
    body: { ...blankLineGroup, name: 'Branch', registrar: 'sip.example.com' },
  });
});

it('asks for other things where the PBX registers here', async () => {
  server();
  shown(<LineGroupPage id="g1" report={null} />);
  await keyboard().selectOptions(await screen.findByLabelText(/^Kind/), 'trunk-registrar');
  expect(screen.queryByLabelText(/^Address of the PBX/)).toBeNull();
  expect(screen.getByRole('textbox', { name: 'User name' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Test now' })).toBeNull();
});

it('switches functions off one by one', async () => {
  const { sent } = server();
  shown(<LineGroupPage id="g1" report={null} />);
  await keyboard().click(await screen.findByText('Functions and codes'));
  await keyboard().click(field('Park'));
  await keyboard().click(field('Hold'));
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({ functions: null, switched_off: ['hold_call', 'park_call'] });
});

it('opens what is folded where something is wrong in it', async () => {
  server(({ method }) =>
    method === 'PUT'
      ? {
          status: 422,
          body: {
            code: 'out_of_range',
            detail: 'This must be from 30 to 86400.',
            errors: [{ pointer: '/expires', code: 'out_of_range', detail: 'This must be from 30 to 86400.' }],
          },
        }
      : undefined,
  );
  shown(<LineGroupPage id="g1" report={null} />);
  await keyboard().type(await screen.findByLabelText(/^Registration lasts/), '0');
  await keyboard().click(button('Save'));
  const wrong = await screen.findByText('This must be from 30 to 86400.');
  expect(wrong.closest('details')?.open).toBe(true);
});

it('tests what stands in the form with a line that is kept, and says what to do', async () => {
  const { sent } = server(({ path }) =>
    path.endsWith('/test')
      ? {
          body: {
            ok: false,
            targets: ['udp 192.0.2.1:5060'],
            steps: [
              { step: 'resolve', outcome: 'done', english: 'It leads to 192.0.2.1.', german: '' },
              { step: 'answer', outcome: 'failed', english: 'Nobody answers.', german: '' },
              { step: 'register', outcome: 'skipped', english: '', german: '' },
            ],
            verdict: { code: 'not_answering', fix_english: 'Check the address.', fix_german: '' },
          },
        }
      : undefined,
  );
  shown(<LineGroupPage id="g1" report={null} />);
  await keyboard().type(await screen.findByLabelText(/^Address of the PBX/), '.net');
  await screen.findByRole('option', { name: '100' });
  await keyboard().click(button('Test now'));
  await screen.findByText('The connection does not work.');
  expect(screen.getByText('Nobody answers.', { exact: false })).toBeTruthy();
  expect(screen.getByText('Check the address.', { exact: false })).toBeTruthy();
  expect(screen.getByText('Not tried.', { exact: false })).toBeTruthy();
  expect(sent()[0]?.body).toMatchObject({
    id: 'g1',
    line_group: { registrar: 'pbx.example.com.net' },
    line: { id: 'l1', user_name: '100' },
  });
});

it('adds a range of lines to a line group, also to one of the file', async () => {
  const { sent } = server(({ method, path }) =>
    method === 'POST' && path.endsWith('/lines') ? { body: { changed: [{}, {}], deleted: [] } } : undefined,
  );
  shown(<LineGroupPage id="g2" report={null} />);
  await keyboard().type(await screen.findByLabelText(/^User names \*|^User names$/), '110-111');
  await keyboard().type(field('Password of all of them'), 'geheim');
  await keyboard().click(button('Add lines'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({
    path: '/api/v1/admin/line_groups/g2/lines',
    body: { user_names: '110-111', password: 'geheim', number: '', auth_name: '', active: true },
  });
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});

it('says which lines of a CSV file are added before it adds them', async () => {
  const { sent } = server(({ path }) =>
    path.includes('/import?') ? { body: { applied: true, writes: [{}, {}], passwords: 1, skipped: 3 } } : undefined,
  );
  shown(<LineGroupPage id="g1" report={null} />);
  await screen.findByText('2 lines');
  const upload = document.querySelector<HTMLInputElement>('input[type="file"]');
  await keyboard().upload(upload as HTMLInputElement, new File(['110,,geheim,\n'], 'lines.csv', { type: 'text/csv' }));
  const dialog = await screen.findByRole('dialog', { name: 'Add 2 lines?' });
  expect(within(dialog).getByText(/3 are there already/)).toBeTruthy();
  expect(sent().map(({ path }) => path)).toEqual(['/api/v1/admin/import?line_group=g1&preview=true']);
  await keyboard().click(within(dialog).getByRole('button', { name: 'Add lines' }));
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]?.path).toBe('/api/v1/admin/import?line_group=g1&preview=false');
});

it('deletes a line group with its lines once that is agreed', async () => {
  const { sent } = server();
  shown(<LineGroupPage id="g1" report={null} />);
  await screen.findByText('2 lines');
  await keyboard().click(button('Delete'));
  const dialog = await screen.findByRole('dialog');
  expect(within(dialog).getByText(/Its 2 lines go with it/)).toBeTruthy();
  await keyboard().click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(sent().map(({ path }) => path)).toEqual(['/api/v1/admin/line_groups/g1?lines=true']));
});

it('lists lines with how they stand, and gives many a password', async () => {
  const { sent } = server();
  shown(<LineList chosen={new URLSearchParams('group=g1')} report={report} />);
  const row = await screen.findByRole('row', { name: /100/ });
  expect(within(row).getByText('Registered')).toBeTruthy();
  await keyboard().click(within(row).getByRole('checkbox'));
  await keyboard().click(button('Set password'));
  const dialog = await screen.findByRole('dialog');
  await keyboard().type(within(dialog).getByLabelText('New password'), 'geheim');
  await keyboard().click(within(dialog).getByRole('button', { name: 'Set password' }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({
    path: '/api/v1/admin/lines/passwords',
    body: { ids: ['l1'], password: 'geheim' },
  });
});

it('shows a line of the file with a padlock and nothing to change', async () => {
  server();
  shown(<LinePage id="l2" chosen={new URLSearchParams()} report={report} />);
  await screen.findByText(/set in the configuration file/);
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Set password' })).toBeNull();
});

it('redirects a line', async () => {
  const { sent } = server();
  shown(<LinePage id="l1" chosen={new URLSearchParams()} report={report} />);
  await keyboard().click(await screen.findByRole('button', { name: 'Add a number' }));
  const row = screen.getAllByRole('listitem')[0] as HTMLElement;
  await keyboard().type(within(row).getByLabelText('Number'), '202');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({ redirections: [{ to: '202', seconds: 15 }] });
});
