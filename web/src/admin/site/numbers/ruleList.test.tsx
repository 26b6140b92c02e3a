// @vitest-environment happy-dom
/** What lists of rules are to those who see nothing of them or have no mouse. */
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { LocationObject, NumberRule } from '../../../generated/site';
import { blankLocation } from '../../../generated/siteTables';
import { Announce } from '../../announce';
import { LocationPage } from '../LocationPage';
import { serving, shown, stored } from '../testing';

const rule = (pattern: string): NumberRule => ({ description: '', compare: 'regex', pattern, replacement: null });
const berlin: LocationObject = {
  ...blankLocation,
  name: 'Berlin',
  country: 'DE',
  external_rules: [rule('^1'), rule('^2'), rule('^3')],
  projects: [
    { name: 'Tower', code: '*1', use: 'dial' },
    { name: 'Bridge', code: '*2', use: 'dial' },
  ],
};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const keyboard = () => userEvent.setup({ delay: null });
const patterns = (list: HTMLElement) =>
  within(list)
    .getAllByLabelText('Pattern')
    .map((field) => (field as HTMLInputElement).value);

/** A page of the location; what is announced, and its list of external rules. */
async function page(location = berlin) {
  serving({ locations: { o1: stored('o1', location) } });
  const said: string[] = [];
  shown(
    <Announce value={(text) => said.push(text)}>
      <LocationPage id="o1" />
    </Announce>,
  );
  return { said, list: await screen.findByRole('list', { name: 'Numbers that are external' }) };
}

it('moves a rule by keys while somebody types in it, and leaves a choice its keys', async () => {
  const { list } = await page();
  const [first] = within(list).getAllByLabelText('Description');
  first!.focus();
  await keyboard().keyboard('{Alt>}{ArrowDown}{/Alt}');
  expect(patterns(list)).toEqual(['^2', '^1', '^3']);
  await waitFor(() => expect(document.activeElement).toBe(within(list).getAllByLabelText('Description')[1]));
  const [choice] = within(list).getAllByLabelText('Compared');
  choice!.focus();
  await keyboard().keyboard('{Alt>}{ArrowDown}{/Alt}');
  expect(patterns(list)).toEqual(['^2', '^1', '^3']);
  expect(document.activeElement).toBe(choice);
  const up = within(list).getByRole('button', { name: 'Move rule 2 up' });
  expect([up.title, up.getAttribute('aria-keyshortcuts')]).toEqual([
    'Move rule 2 up (Alt and the up arrow)',
    'Alt+ArrowUp',
  ]);
});

it('has the focus where a dropped rule can be moved on, not where it is removed', async () => {
  const { list } = await page();
  const handle = within(list).getAllByTitle('Drag to another place')[2]!;
  const dataTransfer = { effectAllowed: '' };
  fireEvent.dragStart(handle, { dataTransfer });
  fireEvent.drop(within(list).getAllByRole('listitem')[0]!, { dataTransfer });
  expect(patterns(list)).toEqual(['^3', '^1', '^2']);
  await waitFor(() =>
    expect(document.activeElement).toBe(within(list).getByRole('button', { name: 'Move rule 1 up' })),
  );
});

it('says what entries are that are no rules', async () => {
  const providers = Array.from({ length: 52 }, (_, at) => ({ name: `Tele${at}`, prefix: '01013' }));
  const { said } = await page({ ...berlin, least_cost_routing: { enabled: true, providers, zones: [] } });
  const projects = screen.getByRole('list', { name: 'Projects' });
  expect(within(projects).getByRole('group', { name: 'Project 2' })).toBeTruthy();
  await keyboard().click(within(projects).getByRole('button', { name: 'Remove the project Tower' }));
  expect(said).toContain('Project 1 is removed.');
  expect(screen.getByRole('button', { name: 'Show 2 more providers: Providers' })).toBeTruthy();
});

it('says to which list a rule is added', async () => {
  await page();
  const names = screen.getAllByRole('button', { name: /^Add a rule/ }).map((each) => each.getAttribute('aria-label'));
  expect(names.length).toBeGreaterThan(5);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('Add a rule: Numbers of lines');
});
