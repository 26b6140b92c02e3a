// @vitest-environment happy-dom
/** Tokens, and taking the site out and in, in a browser. */
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { routeOf, useAddress } from '../route';
import { AuditPage } from './AuditPage';
import { serving, shown, stored, type Answer, type Asked } from './testing';
import { TokenPage } from './Tokens';
import { Transfer } from './Transfer';
import { spotOf } from './transfer';

const token = { name: 'backup', description: '', scopes: ['read_only'], expires: null, active: true };
const server = (more?: (asked: Asked) => Answer | undefined) =>
  serving({ tokens: { t1: stored('t1', token) }, users: {}, groups: {}, profiles: {} }, more);
const keyboard = () => userEvent.setup({ document });

function Opened() {
  const { page, opened, chosen } = routeOf(new URL(useAddress(), 'http://localhost'));
  return page === 'tokens' && opened !== null ? <TokenPage key={opened} id={opened} /> : <AuditPage chosen={chosen} />;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/admin');
});

it('shows the secret of a new token until its page is left', async () => {
  const made = stored('t2', token);
  const { sent } = server(({ method, path }) => {
    if (method === 'POST' && path.endsWith('/tokens')) {
      return { status: 201, tag: '"1"', body: { stored: made, token: 'oh_t2_secret' } };
    }
    return path.endsWith('/tokens/t2') ? { body: made, tag: '"1"' } : undefined;
  });
  window.history.replaceState(null, '', '/admin/tokens/new');
  const page = shown(<Opened />);
  const keys = keyboard();
  await keys.type(screen.getByRole('textbox', { name: /^Name/ }), 'backup');
  fireEvent.change(screen.getByLabelText('Ends'), { target: { value: '2030-03-31' } });
  await keys.click(screen.getByRole('checkbox', { name: 'Read the metrics' }));
  await keys.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('oh_t2_secret');
  const expires = new Date(2030, 3, 1).getTime() / 1000;
  expect(sent()).toMatchObject([{ body: { name: 'backup', scopes: ['read_only', 'metrics'], expires } }]);
  page.unmount();
  window.history.replaceState(null, '', '/admin/tokens/t2');
  shown(<Opened />);
  await screen.findByRole('heading', { name: 'backup' });
  expect(screen.queryByText('oh_t2_secret')).toBeNull();
});

const write = (id: string, title: string, before: object | null, after: object | null) => ({
  kind: 'user',
  id,
  version: 1,
  title,
  before,
  after,
  follows: false,
});

it('shows what an import would change before it is applied', async () => {
  const writes = [
    write('u1', 'Anna', { email: '' }, { email: 'anna@example.com' }),
    write('u2', 'Ben', { login: 'ben' }, null),
    write('u3', 'Clara', null, { login: 'clara' }),
  ];
  const { sent } = server(({ path }) =>
    path.includes('/import')
      ? {
          body: {
            applied: path.includes('preview=false'),
            writes,
            skipped: 0,
            passwords: 0,
            logins: [],
            line_groups: [],
            lines: [],
            uncompared: 0,
            pictures: 1,
          },
        }
      : undefined,
  );
  shown(<Transfer />);
  const keys = keyboard();
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no field for a file');
  await keys.click(screen.getByRole('switch', { name: /Delete what is not/ }));
  await keys.upload(input, new File(['x'], 'site.zip'));
  await screen.findByText(
    'With site.zip: 1 object is made, 1 is changed, 1 is deleted, and 1 picture is set. Nothing is changed yet.',
  );
  const rows = within(screen.getByRole('list', { name: 'What changes' })).getAllByRole('listitem');
  expect(rows.map((row) => row.querySelector('summary')?.textContent)).toEqual([
    'changed User Anna',
    'deleted User Ben',
    'new User Clara',
  ]);
  expect(rows[0]?.textContent).toContain('anna@example.com');
  await keys.click(screen.getByRole('button', { name: 'Import' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete 1 object?' });
  await keys.click(within(dialog).getByRole('button', { name: 'Import' }));
  await screen.findByText(/^site.zip is imported/);
  expect(sent().map(({ path }) => path)).toEqual([
    '/api/v1/admin/import?preview=true&prune=true',
    '/api/v1/admin/import?preview=false&prune=true',
  ]);
  expect(screen.queryByRole('button', { name: 'Discard' })).toBeNull();
});

it('says what is wrong with a file, and where', async () => {
  const error = { pointer: 'mobile', code: 'x', detail: 'No number.', german: '', kind: 'user', line: 2, name: 'kai' };
  server(() => ({ status: 422, body: { code: 'x', detail: 'No number.', errors: [error] } }));
  shown(<Transfer />);
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no field for a file');
  await keyboard().upload(input, new File(['x'], 'people.csv'));
  const table = await screen.findByRole('table', { name: 'Nothing is imported: 1 thing is wrong.' });
  const cells = within(table).getAllByRole('cell');
  expect(cells.map((cell) => cell.textContent)).toEqual(['people.csv', 'line 2 · kai', 'mobile', 'No number.']);
  expect(screen.queryByRole('button', { name: 'Import' })).toBeNull();
});

it('finds the place of a problem in a document', () => {
  const at = { code: '', detail: '', german: '', kind: null, id: null, name: 'anna', line: null };
  expect(spotOf({ ...at, pointer: '/users/3/phones/mobile' }, 'a.zip')).toEqual({
    document: 'users.json',
    at: 4,
    field: '/phones/mobile',
    name: 'anna',
  });
  expect(spotOf({ ...at, pointer: '/login', name: null }, 'a.zip')).toMatchObject({
    document: 'a.zip',
    field: '/login',
  });
});

it('only takes files that can be imported, and only from who may', async () => {
  const { sent } = server();
  const page = shown(<Transfer />);
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no field for a file');
  await userEvent.setup({ document, applyAccept: false }).upload(input, new File(['x'], 'site.pdf'));
  expect(sent()).toEqual([]);
  page.unmount();
  shown(<Transfer />, 'read_only');
  expect(screen.getByRole('link', { name: 'Download ZIP' })).toBeTruthy();
  expect(screen.queryByRole('button')).toBeNull();
});

it('narrows the log by text and days', async () => {
  const { asked } = server(({ path }) => (path.includes('/audit') ? { body: { entries: [], next: null } } : undefined));
  window.history.replaceState(null, '', '/admin/audit');
  shown(<Opened />);
  fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-02-01' } });
  fireEvent.change(screen.getByLabelText('to'), { target: { value: '2026-02-28' } });
  await keyboard().type(screen.getByRole('searchbox'), 'anna');
  const query = () => new URLSearchParams(asked.at(-1)?.path.split('?')[1]);
  await waitFor(() => expect(query().get('search')).toBe('anna'));
  expect(query().get('since')).toBe(String(new Date(2026, 1, 1).getTime()));
  expect(query().get('until')).toBe(String(new Date(2026, 2, 1).getTime()));
});
