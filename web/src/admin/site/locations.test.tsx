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

it('says at the ranges what is wrong with one', async () => {
  const detail = 'Both ends of a range must have the same number of digits.';
  const errors = ['from', 'to'].map((end) => ({
    pointer: `/numbering/ranges/0/${end}`,
    code: 'range_lengths',
    detail,
  }));
  server(({ method }) => (method === 'PUT' ? { status: 422, body: { code: '', detail, errors } } : undefined));
  shown(<LocationPage id="o1" />);
  await keyboard().type(await screen.findByLabelText('To'), '9');
  await keyboard().click(button('Save'));
  const fault = await screen.findByText(detail);
  expect(fault.getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByText('1 field is not right.')).toBeTruthy();
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
