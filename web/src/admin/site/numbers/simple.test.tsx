// @vitest-environment happy-dom
/** The page of a location with simple rules. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { LocationObject } from '../../../generated/site';
import { blankLocation } from '../../../generated/siteTables';
import { LocationPage } from '../LocationPage';
import { serving, shown, stored } from '../testing';

const rule = (priority: number, pattern: string) => ({ priority, pattern, value: '1' });
const paris: LocationObject = {
  ...blankLocation,
  name: 'Paris',
  country: 'FR',
  dialect: 'simple',
  simple: { ...blankLocation.simple, rules: [rule(10, '+'), rule(50, '#')] },
};
const keyboard = () => userEvent.setup({ delay: null });

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('adds a rule after the others, and says that priorities put them in order', async () => {
  serving({ locations: { o1: stored('o1', paris) } });
  shown(<LocationPage id="o1" />);
  const list = await screen.findByRole('list', { name: 'Rules by beginnings' });
  const patterns = () =>
    within(list)
      .getAllByLabelText('Begins with')
      .map((field) => (field as HTMLInputElement).value);
  await keyboard().click(screen.getAllByRole('button', { name: /^Add a rule/ }).at(-1)!);
  const priority = () => within(list).getAllByLabelText<HTMLInputElement>('Priority')[2]!;
  expect(priority().value).toBe('60');
  // Nobody moves them; what has the focus stays where it is.
  expect(within(list).queryByRole('button', { name: /^Move/ })).toBeNull();
  within(list).getAllByLabelText('Begins with')[1]!.focus();
  await keyboard().keyboard('{Alt>}{ArrowUp}{/Alt}');
  expect(patterns()).toEqual(['+', '#', '']);
  const sorted = 'Sorted by priority when it is saved.';
  expect(screen.queryByText(sorted)).toBeNull();
  await keyboard().clear(priority());
  await keyboard().type(priority(), '5');
  expect(screen.getByText(sorted)).toBeTruthy();
  expect(patterns()).toEqual(['+', '#', '']);
});

it('asks for nothing that the simple rules do not know', async () => {
  const { asked } = serving({ locations: { o1: stored('o1', paris) } });
  shown(<LocationPage id="o1" />);
  expect(await screen.findByLabelText(/^Up to so many digits/)).toBeTruthy();
  expect(screen.queryByLabelText(/^Digits of the longest internal number/)).toBeNull();
  expect(screen.queryByText('Project, client, time')).toBeNull();
  await keyboard().type(screen.getByLabelText('Number'), '19');
  const tried = () => asked.find(({ path }) => path.endsWith('explain'))?.body;
  await waitFor(() => expect(tried()).toMatchObject({ text: '19', kind: 'typed' }));
  expect(tried()).not.toHaveProperty('moment');
  // Extensions by their first digits need lengths.
  await keyboard().selectOptions(screen.getByLabelText('Extensions are given'), 'prefixes');
  expect(screen.getByLabelText(/^Digits of the longest internal number/)).toBeTruthy();
});
