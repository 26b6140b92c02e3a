// @vitest-environment happy-dom
/** A form in a browser: what is unsaved, what is wrong, who else has changed it, and leaving. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../../components/testing';
import { Problem } from '../../protocol/http';
import { go, useAddress } from '../route';
import { SelectField, SwitchField, TextField } from './fields';
import { RecordForm } from './RecordForm';
import type { Tagged } from './rest';

interface User {
  login: string;
  email: string | null;
  active: boolean;
  level: string;
  phones: { business: string };
}

const labels = {
  '/login': 'Login',
  '/email': 'E-mail',
  '/active': 'Active',
  '/level': 'Level',
  '/phones/business': 'Business number',
};
const anna: User = { login: 'anna', email: null, active: true, level: 'public', phones: { business: '100' } };
const levels = ['public', 'personal'].map((value) => ({ value, label: value }));

/** A server that has one user; `meanwhile` changes it behind the form's back. */
function server() {
  let now: Tagged<User> = { value: anna, tag: '"1"' };
  const put = (value: User) => (now = { value, tag: `"${Number(now.tag.slice(1, -1)) + 1}"` });
  const save = vi.fn((changed: Tagged<User>) =>
    changed.tag === now.tag
      ? Promise.resolve(put(changed.value))
      : Promise.reject(new Problem('internal', 412, 'changed', [])),
  );
  return {
    save,
    reload: () => Promise.resolve(now),
    meanwhile: (change: Partial<User>) => put({ ...now.value, ...change }),
    now: () => now.value,
  };
}

function Shown({ at }: { at: ReturnType<typeof server> }) {
  // Console pages go by the address; so does what is guarded.
  useAddress();
  return (
    <RecordForm known={{ value: anna, tag: '"1"' }} labels={labels} save={at.save} reload={at.reload}>
      <TextField at="/login" required />
      <TextField at="/email" type="email" nullable hint="For messages" />
      <SelectField at="/level" options={levels} />
      <SwitchField at="/active" />
      <TextField at="/phones/business" type="tel" />
    </RecordForm>
  );
}

function show(at = server()) {
  const keys = userEvent.setup({ delay: null });
  rendered(<Shown at={at} />);
  return { at, keys };
}
const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name: new RegExp(`^${name}`) });
const button = (name: string) => screen.getByRole('button', { name });

afterEach(() => {
  cleanup();
  window.history.replaceState(null, '', '/');
});

it('saves what was changed, once, and keeps the focus', async () => {
  const { at, keys } = show();
  await keys.click(button('Save'));
  expect(at.save).not.toHaveBeenCalled();
  await keys.clear(field('Login'));
  await keys.type(field('Login'), 'anne');
  await keys.type(field('E-mail'), 'a@example.com');
  await keys.selectOptions(screen.getByRole('combobox', { name: 'Level' }), 'personal');
  await keys.click(screen.getByRole('switch', { name: 'Active' }));
  expect(screen.getByText('There are unsaved changes.')).toBeTruthy();
  await keys.click(button('Save'));
  await waitFor(() => expect(screen.queryByText('There are unsaved changes.')).toBeNull());
  expect(at.now()).toEqual({ ...anna, login: 'anne', email: 'a@example.com', active: false, level: 'personal' });
  expect(document.activeElement).toBe(button('Save'));
  await keys.clear(field('E-mail'));
  await keys.click(button('Save'));
  await waitFor(() => expect(at.now().email).toBeNull());
  expect(at.save).toHaveBeenCalledTimes(2);
});

it('discards what was changed', async () => {
  const { keys } = show();
  await keys.type(field('Business number'), '77');
  await keys.click(button('Discard'));
  expect(field('Business number').value).toBe('100');
  expect(screen.queryByText('There are unsaved changes.')).toBeNull();
});

it('says what is wrong beside the field, and brings one there', async () => {
  const { at, keys } = show();
  const errors = [
    { pointer: '/login', detail: 'This login is taken.' },
    { pointer: '/picture', detail: 'The picture is too large.' },
  ];
  at.save.mockRejectedValueOnce(new Problem('internal', 422, 'Invalid', errors));
  await keys.type(field('Business number'), '1{Enter}');
  await waitFor(() => expect(document.activeElement).toBe(field('Login')));
  expect(field('Login').getAttribute('aria-invalid')).toBe('true');
  const described = field('Login').getAttribute('aria-describedby') ?? '';
  const said = described.split(' ').map((id) => document.getElementById(id)?.textContent);
  expect(said).toContain('This login is taken.');
  expect(screen.getByRole('alert').textContent).toBe('1 field is not right. The picture is too large.');
  await keys.type(field('Login'), 'x');
  expect(field('Login').getAttribute('aria-invalid')).not.toBe('true');
});

it('says why it could not be saved, and keeps what was changed', async () => {
  const { at, keys } = show();
  at.save.mockRejectedValueOnce(new Error('x'));
  await keys.type(field('Login'), '2{Enter}');
  await screen.findByRole('alert');
  expect(field('Login').value).toBe('anna2');
});

async function conflict() {
  const shown = show();
  shown.at.meanwhile({ login: 'ann', active: false });
  await shown.keys.clear(field('Login'));
  await shown.keys.type(field('Login'), 'anne');
  await shown.keys.type(field('Business number'), '5{Enter}');
  const dialog = await screen.findByRole('dialog', { name: 'Somebody else has changed this' });
  return { ...shown, dialog };
}

it('shows what somebody else has changed, field by field', async () => {
  const { dialog } = await conflict();
  const rows = within(dialog)
    .getAllByRole('row')
    .map((row) =>
      within(row)
        .queryAllByRole('cell')
        .map(({ textContent }) => textContent),
    );
  expect(rows.slice(1)).toEqual([
    ['Login', 'anna', 'anne', 'ann'],
    ['Active', 'yes', 'unchanged', 'no'],
  ]);
});

it('keeps mine over theirs, but theirs where I changed nothing', async () => {
  const { at, keys } = await conflict();
  await keys.click(button('Save mine'));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(at.now()).toEqual({ ...anna, login: 'anne', active: false, phones: { business: '1005' } });
  expect(screen.getByRole<HTMLInputElement>('switch', { name: 'Active' }).checked).toBe(false);
});

it('keeps what is typed while it is saved, and counts it as unsaved', async () => {
  const { at, keys } = show();
  let saved: () => void = () => undefined;
  at.save.mockImplementationOnce(
    ({ value }) => new Promise((resolve) => (saved = () => resolve(at.meanwhile({ ...value, level: 'personal' })))),
  );
  await keys.type(field('Login'), 'x{Enter}');
  await keys.type(field('Business number'), '5');
  saved();
  await waitFor(() => expect(screen.getByRole<HTMLSelectElement>('combobox').value).toBe('personal'));
  expect(field('Login').value).toBe('annax');
  expect(field('Business number').value).toBe('1005');
  expect(screen.getByText('There are unsaved changes.')).toBeTruthy();
  await keys.click(button('Save'));
  await waitFor(() => expect(at.now().phones.business).toBe('1005'));
  expect(at.now()).toMatchObject({ login: 'annax', level: 'personal' });
});

it('saves nothing by Enter in what only searches', async () => {
  const at = server();
  const keys = userEvent.setup({ delay: null });
  rendered(
    <RecordForm known={{ value: anna, tag: '"1"' }} labels={labels} save={at.save} reload={at.reload}>
      <TextField at="/login" />
      <input type="search" aria-label="Find" />
    </RecordForm>,
  );
  await keys.type(field('Login'), 'x');
  await keys.type(screen.getByRole('searchbox', { name: 'Find' }), 'ben{Enter}');
  expect(at.save).not.toHaveBeenCalled();
  await keys.type(field('Login'), '{Enter}');
  expect(at.save).toHaveBeenCalledTimes(1);
});

it('takes theirs', async () => {
  const { at, keys } = await conflict();
  await keys.click(button('Discard mine and reload'));
  expect(field('Login').value).toBe('ann');
  expect(field('Business number').value).toBe('100');
  await keys.type(field('Login'), 'e{Enter}');
  await waitFor(() => expect(at.now().login).toBe('anne'));
});

it('asks again where one comes back from a conflict', async () => {
  const { keys } = await conflict();
  await keys.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(field('Login').value).toBe('anne');
  await keys.type(field('Login'), '{Enter}');
  await screen.findByRole('dialog');
});

it('asks before what is not saved is left', async () => {
  const { keys } = show();
  const unload = () => {
    const event = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(unload()).toBe(false);
  await keys.type(field('Login'), 'x');
  expect(unload()).toBe(true);

  go('/admin/users');
  await screen.findByRole('dialog', { name: 'Leave without saving?' });
  await keys.click(within(screen.getByRole('dialog')).getAllByRole('button', { name: 'Stay' }).at(-1)!);
  expect(window.location.pathname).toBe('/');

  go('/admin/users');
  await keys.click(await screen.findByRole('button', { name: 'Leave without saving' }));
  expect(window.location.pathname).toBe('/admin/users');
});

it('asks before the browser goes back, and goes where one wanted', async () => {
  go('/admin/users');
  go('/admin/users/u1');
  const { keys } = show();
  await keys.type(field('Login'), 'x');
  window.history.back();
  await screen.findByRole('dialog', { name: 'Leave without saving?' });
  expect(window.location.pathname).toBe('/admin/users/u1');
  await keys.click(button('Leave without saving'));
  await waitFor(() => expect(window.location.pathname).toBe('/admin/users'));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

it('asks nothing where all is saved', async () => {
  const { at, keys } = show();
  await keys.type(field('Login'), 'x{Enter}');
  await waitFor(() => expect(at.now().login).toBe('annax'));
  go('/admin/users');
  expect(window.location.pathname).toBe('/admin/users');
});
