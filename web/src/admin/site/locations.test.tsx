// @vitest-environment happy-dom
/** Locations in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { blankLocation } from '../../generated/siteTables';
import { countries, countryName, probableCountry } from './location';
import { LocationPage } from './LocationPage';
import { Locations } from './Locations';
import { blankLineGroup } from './lineGroup';
import { LineGroupPage } from './LineGroupPage';
import { serving, shown, stored, type Answer, type Asked } from './testing';

const numbering = { ...blankLocation.numbering, base_number: '123456', ranges: [{ from: '100', to: '199' }] };
const berlin = { ...blankLocation, name: 'Berlin', country: 'DE', area_code: '30', numbering };

const server = (more?: (asked: Asked) => Answer | undefined) =>
  serving(
    {
      locations: { o1: stored('o1', berlin) },
      line_groups: { g1: stored('g1', { ...blankLineGroup, name: 'Main', registrar: 'pbx.example.com' }) },
      lines: {},
    },
    more,
  );

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string) => screen.getByRole('button', { name });
const field = (name: string | RegExp) => screen.getByLabelText(name);

it('guesses the country by the languages of the browser', () => {
  expect(probableCountry(['de-AT', 'de'])).toBe('AT');
  expect(probableCountry(['de', 'en-US'])).toBe('DE');
  expect(probableCountry(['x-klingon'])).toBe('');
  expect(countryName('DE', 'de')).toBe('Deutschland');
  expect(countries('en').find(({ value }) => value === 'DE')?.label).toBe('Germany (+49)');
});

it('makes a location of a name, a country and a range of extensions', async () => {
  const { sent } = server();
  shown(<LocationPage id="new" />);
  await keyboard().type(field(/^Name/), 'Wien');
  await keyboard().selectOptions(field(/^Country/), 'AT');
  await keyboard().click(button('Add a range'));
  const row = screen.getByRole('list', { name: 'Extensions' });
  await keyboard().type(within(row).getByLabelText('From'), '20');
  await keyboard().type(within(row).getByLabelText('To'), '89');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/admin/locations',
    body: { ...blankLocation, name: 'Wien', country: 'AT', numbering: { ranges: [{ from: '20', to: '89' }] } },
  });
});

it('says at each range what is wrong with it', async () => {
  const ranges = ['1', '2', '3'].map((digit) => ({ from: `${digit}00`, to: `${digit}99` }));
  const wrong = (place: number, end: string, detail: string) => ({
    pointer: `/numbering/ranges/${place}/${end}`,
    code: 'range_lengths',
    detail,
  });
  const errors = [wrong(0, 'to', 'Too long.'), wrong(1, 'from', 'No digit.')];
  serving({ locations: { o1: stored('o1', { ...berlin, numbering: { ...numbering, ranges } }) } }, ({ method }) =>
    method === 'PUT' ? { status: 422, body: { code: '', detail: '', errors } } : undefined,
  );
  shown(<LocationPage id="o1" />);
  const rows = await screen.findByRole('list', { name: 'Extensions' });
  const end = (name: string, place: number) => within(rows).getAllByLabelText(name)[place]!;
  const said = (of: HTMLElement) => within(of.closest('li')!).queryByText(/Too long|No digit/)?.textContent;
  await keyboard().type(end('To', 0), '9');
  await keyboard().click(button('Save'));
  expect(await screen.findByText('2 fields are not right.')).toBeTruthy();
  expect([0, 1, 2].map((place) => said(end('To', place)))).toEqual(['Too long.', 'No digit.', undefined]);
  expect(document.activeElement).toBe(end('To', 0));
  // What is typed anew is not known to be wrong; nor is what stands where another stood.
  await keyboard().type(end('To', 0), '{Backspace}');
  expect(said(end('To', 0))).toBeUndefined();
  expect(said(end('To', 1))).toBe('No digit.');
  await keyboard().click(button('Remove 200 to 299'));
  expect([0, 1].map((place) => said(end('To', place)))).toEqual([undefined, undefined]);
});

it('keeps the list that somebody else has changed meanwhile, and shows what is different in words', async () => {
  const rule = (pattern: string) => ({ description: '', compare: 'regex' as const, pattern, replacement: null });
  const formatting = { ...blankLocation.formatting, incoming: [rule('^1')], dialling: [rule('^2')] };
  const locations = { o1: stored('o1', { ...berlin, formatting }) };
  const theirs = {
    ...berlin,
    numbering: { ...numbering, base_number: '99', longest: 3 },
    formatting: { ...formatting, incoming: [rule('^1'), rule('^7')] },
  };
  let meanwhile = true;
  const { sent } = serving({ locations }, ({ method }) => {
    if (method !== 'PUT' || !meanwhile) return undefined;
    meanwhile = false;
    locations.o1 = { ...stored('o1', theirs), version: 2 };
    return { status: 412, body: { code: 'version_conflict', detail: 'x', errors: [] } };
  });
  shown(<LocationPage id="o1" />);
  const dialling = await screen.findByRole('list', { name: 'Dialled numbers, while they are whole or extensions' });
  await keyboard().type(within(dialling).getByLabelText('Pattern'), '3');
  await keyboard().click(button('Save'));
  const table = within(await screen.findByRole('dialog')).getByRole('table');
  const cells = within(table)
    .getAllByRole('row')
    .slice(1)
    .map((row) => [...row.children].map((cell) => cell.textContent));
  expect(cells.map(([field]) => field)).toEqual(['Connection', 'Reported numbers of incoming calls']);
  expect(cells[0]?.at(-1)).toBe('Base number with extensions; 99 100–199; Digits of the longest internal number: 3');
  expect(cells[1]?.at(-1)).toContain('^7');
  expect(table.textContent).not.toContain('{');
  await keyboard().click(button('Save mine'));
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]?.body).toEqual({ ...theirs, formatting: { ...theirs.formatting, dialling: [rule('^23')] } });
});

it('asks for first digits in place of ranges, and for neither without a PBX', async () => {
  const { sent } = server();
  shown(<LocationPage id="o1" />);
  await keyboard().selectOptions(await screen.findByLabelText('Extensions are given'), 'prefixes');
  await keyboard().type(field(/^First digit from/), '1');
  await keyboard().type(field(/^First digit to/), '7');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({ numbering: { ranges: [], prefixes: { from: '1', to: '7' } } });
  await keyboard().click(field(/^There is a PBX/));
  expect(screen.queryByLabelText('Extensions are given')).toBeNull();
  expect(screen.queryByLabelText('In the own area')).toBeNull();
});

it('loses no extensions and numbers to a look at the other choices', async () => {
  const { sent } = server();
  shown(<LocationPage id="o1" />);
  await keyboard().selectOptions(await screen.findByLabelText('Extensions are given'), 'prefixes');
  await keyboard().type(field(/^First digit from/), '3');
  await keyboard().selectOptions(field('Connection'), 'multipoint');
  await keyboard().click(button('Add a number'));
  await keyboard().type(field('Internal number'), '11');
  await keyboard().selectOptions(field('Connection'), 'trunk');
  expect(screen.getByLabelText<HTMLInputElement>(/^Base number/).value).toBe('123456');
  expect(screen.getByLabelText<HTMLInputElement>(/^First digit from/).value).toBe('3');
  await keyboard().selectOptions(field('Connection'), 'multipoint');
  expect(screen.getByLabelText<HTMLInputElement>('Internal number').value).toBe('11');
  await keyboard().selectOptions(field('Connection'), 'trunk');
  await keyboard().selectOptions(field('Extensions are given'), 'ranges');
  await keyboard().type(field(/^Name/), '!');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({ numbering: { ...numbering, prefixes: null } });
});

it('shows the number again where a field that needs one is left empty', async () => {
  serving({ locations: { o1: stored('o1', { ...berlin, numbering: { ...numbering, longest: 5 } }) } });
  shown(<LocationPage id="o1" />);
  const longest = await screen.findByLabelText<HTMLInputElement>(/^Digits of the longest/);
  await keyboard().clear(longest);
  expect(longest.value).toBe('');
  await keyboard().tab();
  expect(longest.value).toBe('5');
});

it('asks for free areas of North America only there', async () => {
  server();
  shown(<LocationPage id="o1" />);
  const country = await screen.findByLabelText(/^Country/);
  expect(screen.queryByText('Other free areas')).toBeNull();
  await keyboard().selectOptions(country, 'CA');
  await keyboard().selectOptions(field('Free in the own area'), 'free_but');
  // What is set is seen wherever the location is.
  await keyboard().selectOptions(country, 'DE');
  expect(screen.getByText('Other free areas')).toBeTruthy();
});

it('goes to a switch that is wrong', async () => {
  const detail = 'The extensions are here and at Munich.';
  const error = { pointer: '/network/enabled', code: 'extensions_overlap', detail };
  server(({ method }) => (method === 'PUT' ? { status: 422, body: { code: '', detail, errors: [error] } } : undefined));
  shown(<LocationPage id="o1" />);
  await keyboard().click(await screen.findByLabelText(/^This location and others/));
  await keyboard().click(button('Save'));
  expect(await screen.findByText(detail)).toBeTruthy();
  await waitFor(() => expect(document.activeElement).toBe(field(/^This location and others/)));
});

it('lists locations with their countries and numbers', async () => {
  server();
  shown(<Locations />);
  const row = await screen.findByRole('row', { name: /Berlin/ });
  expect(within(row).getByText('Germany')).toBeTruthy();
  expect(within(row).getByText('123456 100–199')).toBeTruthy();
});

it('is missing where a line group of the configuration file names one that is not there', async () => {
  const group = { ...blankLineGroup, name: 'Main', registrar: 'pbx.example.com', location: 'Berln' };
  serving({ locations: { o1: stored('o1', berlin) }, line_groups: { g1: stored('g1', group, true) }, lines: {} });
  shown(<LineGroupPage id="g1" report={null} />);
  expect(await screen.findByRole('option', { name: 'There is no location Berln' })).toBeTruthy();
});

it('is chosen for a line group', async () => {
  const { sent } = server();
  shown(<LineGroupPage id="g1" report={null} />);
  await screen.findByRole('option', { name: 'Berlin' });
  await keyboard().selectOptions(field('Location'), 'o1');
  await keyboard().click(button('Save'));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]?.body).toMatchObject({ location: 'o1' });
});
