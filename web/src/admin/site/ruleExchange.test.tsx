// @vitest-environment happy-dom
/** Rules as files in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { NumberRule, RuleList } from '../../generated/site';
import { blankLocation } from '../../generated/siteTables';
import { NEW, ObjectPage } from './ObjectPage';
import { ExchangeOf, joined, listAt, RuleExchange } from './RuleExchange';
import { serving, shown, stored, type Answer, type Asked } from './testing';

const rule = (pattern: string): NumberRule => ({ description: '', compare: 'regex', pattern, replacement: null });
const berlin = { ...blankLocation, name: 'Berlin', country: 'DE', external_rules: [rule('^1'), rule('^2')] };

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string) => screen.findByRole('button', { name });

/** A page of a location with the buttons of one list. */
function page(id: string, list: RuleList) {
  shown(
    <ObjectPage kind="locations" id={id} blank={berlin} labels={{ '/external_rules': 'External rules' }} sections={[]}>
      {() => (
        <ExchangeOf value={id === NEW ? null : id}>
          <RuleExchange list={list} />
          <p>of {id}</p>
        </ExchangeOf>
      )}
    </ObjectPage>,
  );
}

const answer = (list: unknown, added: string[], removed: string[]) => ({
  applied: false,
  list,
  difference: { before: 2, after: 2, added, removed },
});

async function choose(body: unknown, status = 200) {
  const asked: Asked[] = [];
  const more = (request: Asked): Answer | undefined => {
    if (!request.path.includes('/rules/')) return undefined;
    asked.push(request);
    return { status, body };
  };
  const { sent } = serving({ locations: { o1: stored('o1', berlin) } }, more);
  page('o1', 'external_rules');
  const opener = await button('Import');
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  await keyboard().upload(input!, new File(['pattern\n^2\n^3\n'], 'rules.csv', { type: 'text/csv' }));
  await waitFor(() => expect(asked).toHaveLength(1));
  return { asked, sent, opener };
}

it('takes a file over into the draft, in place of the rules or behind them', async () => {
  const { asked, sent } = await choose(answer([rule('^2'), rule('^3')], ['regex · ^3'], ['regex · ^1']));
  expect(asked[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/admin/locations/o1/rules/external_rules/import?preview=true',
  });
  const dialog = await screen.findByRole('dialog', { name: 'Import rules.csv' });
  expect(within(dialog).getByText('1 that is saved and not in the file')).toBeTruthy();
  await keyboard().click(within(dialog).getByRole('radio', { name: /comes after it/ }));
  expect(within(dialog).queryByText('1 that is saved and not in the file')).toBeNull();
  const warning = /A file has the list as it is saved/;
  expect(screen.queryByText(warning)).toBeNull();
  await keyboard().click(within(dialog).getByRole('button', { name: 'Take over' }));
  expect(screen.getByText(warning)).toBeTruthy();
  await keyboard().click(await button('Save'));
  await waitFor(() => expect(sent().some(({ method }) => method === 'PUT')).toBe(true));
  const saved = sent().find(({ method }) => method === 'PUT')?.body as typeof berlin;
  expect(saved.external_rules.map(({ pattern }) => pattern)).toEqual(['^1', '^2', '^2', '^3']);
  await waitFor(() => expect(screen.queryByText(warning)).toBeNull());
});

it('has the focus at the button again, whatever becomes of the file', async () => {
  const { opener } = await choose(answer([rule('^2')], [], ['regex · ^1']));
  const dialog = await screen.findByRole('dialog');
  await keyboard().click(within(dialog).getByRole('button', { name: 'Take over' }));
  await waitFor(() => expect(document.activeElement).toBe(opener));
});

it('says line by line what is wrong with a file', async () => {
  const detail = 'This is needed.';
  const error = { pointer: 'pattern', code: 'required', detail, german: '', kind: null, id: null, name: null, line: 3 };
  await choose({ code: 'required', detail, errors: [error] }, 422);
  const alert = await screen.findByRole('alert');
  expect(within(alert).getByText('rules.csv is not imported: 1 thing is wrong.')).toBeTruthy();
  const row = within(alert).getByRole('row', { name: `3 pattern ${detail}` });
  expect(row).toBeTruthy();
});

it('offers nothing for a location that is not saved', async () => {
  serving({ locations: {} });
  page(NEW, 'external_rules');
  await screen.findByText(`of ${NEW}`);
  expect(screen.queryByRole('button', { name: 'Import' })).toBeNull();
});

it('puts lists together', () => {
  expect(joined([1], [2])).toEqual([1, 2]);
  const routing = (name: string) => ({ enabled: name === 'b', providers: [{ name, prefix: '' }], zones: [] });
  expect(joined(routing('a'), routing('b'))).toEqual({
    enabled: true,
    providers: [
      { name: 'a', prefix: '' },
      { name: 'b', prefix: '' },
    ],
    zones: [],
  });
  expect(listAt('/formatting/incoming')).toBe('incoming');
  expect(listAt('/elsewhere')).toBeUndefined();
});
