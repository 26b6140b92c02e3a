// @vitest-environment happy-dom
/** What follows from other locations, on the page of one. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { LocationObject, NumberNetwork } from '../../../generated/site';
import { blankLocation } from '../../../generated/siteTables';
import { LocationPage } from '../LocationPage';
import { serving, shown, stored } from '../testing';

const berlin: LocationObject = {
  ...blankLocation,
  name: 'Berlin',
  country: 'DE',
  numbering: {
    ...blankLocation.numbering,
    kind: 'trunk',
    base_number: '1',
    ranges: [{ from: '100', to: '199' }],
    prefixes: null,
  },
  external_rules: [{ description: '', compare: 'regex', pattern: '^1', replacement: null }],
};
const following: NumberNetwork = {
  overlaps: [{ from: '150', to: '159', location: 'Munich' }],
  internal_rules: [{ location: 'Munich', pattern: '^(2..)$', replacement: '+4989\\1' }],
  dialling_rules: [],
};
const NETWORK = '/api/v1/admin/numbers/network';
const keyboard = () => userEvent.setup({ delay: null });

/** A server that refuses drafts with a pattern or a base number of which a bracket is left open. */
function server() {
  return serving({ locations: { o1: stored('o1', berlin) } }, ({ path, body }) => {
    if (path !== NETWORK) return undefined;
    const { draft } = body as { draft: LocationObject };
    const { external_rules, numbering } = draft;
    if (!JSON.stringify([external_rules, numbering]).includes('(')) {
      return { body: draft.has_pbx ? following : { ...following, overlaps: [] } };
    }
    const error = { pointer: '/draft/numbering/base_number', code: 'x', detail: 'No digits.' };
    return { status: 422, body: { code: '', detail: '', errors: [error] } };
  });
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('shows overlaps and the rules that follow, whatever is wrong elsewhere', async () => {
  const { asked } = server();
  shown(<LocationPage id="o1" />);
  const rules = await screen.findByRole('list', { name: 'Numbers that are external' });
  await keyboard().type(within(rules).getByLabelText('Pattern'), '(');
  await keyboard().click(screen.getByLabelText(/^This location and others/));
  expect(await screen.findByText('150 to 159 at Munich')).toBeTruthy();
  const table = screen.getByRole('table', {
    name: 'Rules for reported numbers that follow from the others',
    hidden: true,
  });
  expect(table.textContent).toContain('Munich^(2..)$+4989\\1');
  const questions = () => asked.filter(({ path }) => path === NETWORK);
  // A rule is none of what the others are to know.
  const before = questions().length;
  await keyboard().type(within(rules).getByLabelText('Pattern'), ')');
  await keyboard().click(screen.getByLabelText(/^There is a PBX/));
  expect(await screen.findByText('No other location has an extension of this one.')).toBeTruthy();
  expect(questions()).toHaveLength(before + 1);
});

it('says why nothing is known while its own numbers are wrong', async () => {
  server();
  shown(<LocationPage id="o1" />);
  await keyboard().click(await screen.findByLabelText(/^This location and others/));
  expect(await screen.findByText('150 to 159 at Munich')).toBeTruthy();
  const base = screen.getByLabelText(/^Base number/);
  await keyboard().type(base, '(');
  expect(await screen.findByText('What follows from other locations is not known. No digits.')).toBeTruthy();
  await keyboard().type(base, '{Backspace}');
  await waitFor(() => expect(screen.getByText('150 to 159 at Munich')).toBeTruthy());
});
