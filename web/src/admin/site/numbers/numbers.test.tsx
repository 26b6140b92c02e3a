// @vitest-environment happy-dom
/** The editors of rules and the simulator in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { ExplainNumber, LocationObject, NumberRule } from '../../../generated/site';
import { blankLocation } from '../../../generated/siteTables';
import { useAddress } from '../../route';
import { LocationPage } from '../LocationPage';
import { serving, shown, stored, type Answer, type Asked } from '../testing';
import { NumbersPage } from './NumbersPage';
import { LastTried, NOTHING_TRIED } from './tried';

const rule = (pattern: string, replacement: string | null = null): NumberRule => ({
  description: '',
  compare: 'regex',
  pattern,
  replacement,
});
const berlin: LocationObject = {
  ...blankLocation,
  name: 'Berlin',
  country: 'DE',
  external_rules: [rule('^1'), rule('^2'), rule('^3')],
  least_cost_routing: {
    enabled: true,
    providers: [{ name: 'Alpha', prefix: '01013' }],
    zones: [{ name: 'Far', prefixes: ['+1'], weekdays: [], saturday: [], sunday: [] }],
  },
};

/** Answers as the server would where rule 1 is external: the draft's first pattern is the number it gives. */
function explained({ draft }: ExplainNumber): Answer {
  const first = draft?.external_rules[0]?.pattern ?? 'saved';
  if (first === '(') {
    const error = { pointer: '/draft/external_rules/0/pattern', code: 'pattern_unclosed', detail: 'Not closed.' };
    return { status: 422, body: { code: '', detail: '', errors: [error] } };
  }
  return {
    body: {
      location: 'Berlin',
      dialled: { number: first, then: [], canonical: first, reach: 'external', private: false, noted: null },
      shown: first,
      steps: [
        {
          number: 5,
          name: 'external_rules',
          before: '19',
          after: '19',
          note: { code: 'external', values: ['1'] },
          skipped: [{ at: 1, pattern: '^2', reason: { code: 'earlier_rule', values: ['1'] } }],
        },
      ],
    },
  };
}

const server = (more: (asked: Asked) => Answer | undefined = () => undefined) =>
  serving({ locations: { o1: stored('o1', berlin) } }, (asked) =>
    asked.path === '/api/v1/admin/numbers/explain' ? explained(asked.body as ExplainNumber) : more(asked),
  );

afterEach(() => {
  cleanup();
  window.history.replaceState(null, '', '/');
  vi.unstubAllGlobals();
});
const keyboard = () => userEvent.setup({ delay: null });
const rulesOf = (name: string) => screen.findByRole('list', { name });
const patterns = (list: HTMLElement) =>
  within(list)
    .getAllByLabelText('Pattern')
    .map((field) => (field as HTMLInputElement).value);
const saved = (asked: Asked[]) => asked.find(({ method }) => method === 'PUT')?.body as LocationObject | undefined;

it('adds, moves and removes rules, by buttons and keys', async () => {
  const { asked } = server();
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().click(within(list).getByRole('button', { name: 'Move rule 1 down' }));
  expect(patterns(list)).toEqual(['^2', '^1', '^3']);
  // The focus goes with the rule.
  await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Move rule 2 down'));
  const last = within(list).getAllByLabelText('Pattern')[2];
  last?.focus();
  await keyboard().keyboard('{Alt>}{ArrowUp}{/Alt}');
  expect(patterns(list)).toEqual(['^2', '^3', '^1']);
  await keyboard().click(within(list).getByRole('button', { name: 'Remove rule 1' }));
  expect(patterns(list)).toEqual(['^3', '^1']);
  const becomes = within(list).getAllByRole('checkbox', { name: 'The number becomes' })[0]!;
  await keyboard().click(becomes);
  await keyboard().type(within(list).getAllByRole('textbox', { name: 'The number becomes' })[0]!, '+491');
  await keyboard().click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(saved(asked)).toBeDefined());
  expect(saved(asked)?.external_rules).toEqual([rule('^3', '+491'), rule('^1')]);
});

it('shows what is wrong with a rule at its field', async () => {
  const detail = 'Say what the number becomes.';
  const error = { pointer: '/external_rules/1/replacement', code: 'replacement_needed', detail };
  server(({ method }) => (method === 'PUT' ? { status: 422, body: { code: '', detail, errors: [error] } } : undefined));
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
  await keyboard().click(screen.getByRole('button', { name: 'Save' }));
  const second = within(list).getByRole('group', { name: 'Rule 2' });
  expect(await within(second).findByText(detail)).toBeTruthy();
  expect(within(within(list).getByRole('group', { name: 'Rule 1' })).queryByText(detail)).toBeNull();
});

it('draws a part of a long list, and each rule in which something is wrong', async () => {
  const detail = 'Not closed.';
  const error = { pointer: '/external_rules/70/pattern', code: 'pattern_unclosed', detail };
  const many = { ...berlin, external_rules: Array.from({ length: 90 }, (_, at) => rule(`^${at}$`)) };
  serving({ locations: { o1: stored('o1', many) } }, ({ method }) =>
    method === 'PUT' ? { status: 422, body: { code: '', detail, errors: [error] } } : undefined,
  );
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  expect(patterns(list)).toHaveLength(50);
  await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
  await keyboard().click(screen.getByRole('button', { name: 'Save' }));
  expect(await within(list).findByText(detail)).toBeTruthy();
  expect(patterns(list)).toHaveLength(71);
  await keyboard().click(screen.getByRole('button', { name: 'Show 19 more rules: Numbers that are external' }));
  expect(patterns(list)).toHaveLength(90);
});

it('tries a number with what is typed, beside what is saved, and marks the rule that acts', async () => {
  server();
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(screen.getByLabelText('Number'), '19');
  expect(await screen.findByText('The PBX gets saved (external).')).toBeTruthy();
  expect(screen.getByText('Rule 1 fits: external.')).toBeTruthy();
  expect(screen.getByText('Rule 1, which is tried earlier, was taken.')).toBeTruthy();
  const marked = () => within(list).queryByLabelText('Takes effect on the number you try')?.closest('li');
  await waitFor(() => expect(marked()?.dataset.place).toBe('0'));

  await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
  expect(await screen.findByText('The PBX gets ^19 (external).')).toBeTruthy();
  expect(screen.getByText('As it is saved').nextSibling?.textContent).toBe('The PBX gets saved (external).');

  const pattern = within(list).getAllByLabelText('Pattern')[0]!;
  await keyboard().clear(pattern);
  await keyboard().type(pattern, '(');
  expect(await within(list).findByText('Not closed.')).toBeTruthy();
  await keyboard().type(pattern, ')');
  await waitFor(() => expect(within(list).queryByText('Not closed.')).toBeNull());
});

it('marks what is wrong for as long as it is, however many are', async () => {
  const { asked } = serving({ locations: { o1: stored('o1', berlin) } }, ({ path, body }) => {
    if (!path.endsWith('explain')) return undefined;
    const { draft } = body as ExplainNumber;
    const errors = (draft?.external_rules ?? []).flatMap(({ pattern }, at) => {
      const pointer = `/draft/external_rules/${at}/pattern`;
      return pattern.startsWith('(') ? [{ pointer, code: 'pattern_unclosed', detail: 'Not closed.' }] : [];
    });
    return errors.length > 0
      ? { status: 422, body: { code: '', detail: '', errors } }
      : explained({ text: '19', kind: 'typed', private: false });
  });
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  const marks = () => within(list).queryAllByText('Not closed.');
  const pattern = (at: number) => within(list).getAllByLabelText('Pattern')[at]!;
  await keyboard().type(screen.getByLabelText('Number'), '19');
  for (const at of [0, 1, 2]) {
    await keyboard().clear(pattern(at));
    await keyboard().type(pattern(at), '(');
    await waitFor(() => expect(marks()).toHaveLength(at + 1));
  }
  // What is typed takes the mark away; it is still wrong in the same way.
  await keyboard().type(pattern(0), 'x');
  await waitFor(() => expect(JSON.stringify(asked.at(-1)?.body)).toContain('(x'));
  await waitFor(() => expect(marks()).toHaveLength(3));
});

it('tries a number with rules in another order before they are saved', async () => {
  server();
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(screen.getByLabelText('Number'), '19');
  expect(await screen.findByText('The PBX gets saved (external).')).toBeTruthy();
  await keyboard().click(within(list).getByRole('button', { name: 'Move rule 1 down' }));
  expect((await screen.findByText('With your changes')).nextSibling?.textContent).toBe('The PBX gets ^2 (external).');
  expect(screen.getByText('As it is saved').nextSibling?.textContent).toBe('The PBX gets saved (external).');
  const marked = within(list).getByLabelText('Takes effect on the number you try').closest('li')!;
  expect(within(marked).getByLabelText<HTMLInputElement>('Pattern').value).toBe('^2');
});

it('shows what the PBX gets by now when changes are saved', async () => {
  const locations = { o1: stored('o1', berlin) };
  serving({ locations }, ({ path, body }) =>
    path.endsWith('explain') ? explained({ draft: locations.o1.object, ...(body as ExplainNumber) }) : undefined,
  );
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(screen.getByLabelText('Number'), '19');
  expect(await screen.findByText('The PBX gets ^1 (external).')).toBeTruthy();
  for (const now of ['^19', '^199']) {
    await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
    expect((await screen.findByText('With your changes')).nextSibling?.textContent).toBe(
      `The PBX gets ${now} (external).`,
    );
    await keyboard().click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByText('As it is saved')).toBeNull());
    expect(screen.getByText(`The PBX gets ${now} (external).`)).toBeTruthy();
  }
});

it('finds nothing wrong with a new rule before something is typed, and says where something is wrong', async () => {
  const error = { code: 'x', detail: 'There is no provider Tele.' };
  const errors = ['saturday/1', 'saturday/2'].map((at) => ({
    ...error,
    pointer: `/draft/least_cost_routing/zones/0/${at}`,
  }));
  let wrong = false;
  const { asked } = serving({ locations: { o1: stored('o1', berlin) } }, ({ path, body }) => {
    if (!path.endsWith('explain')) return undefined;
    return wrong ? { status: 422, body: { code: '', detail: '', errors } } : explained(body as ExplainNumber);
  });
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(screen.getByLabelText('Number'), '19');
  expect(await screen.findByText('The PBX gets saved (external).')).toBeTruthy();
  await keyboard().click(screen.getByRole('button', { name: 'Add a rule: Numbers that are external' }));
  expect(patterns(list)).toHaveLength(4);
  // Nothing is asked anew.
  const outcome = screen.getByText('The PBX gets saved (external).').closest('[role=status]');
  expect(outcome?.getAttribute('aria-busy')).toBe('false');
  expect(screen.getByText('There are no changes to check.')).toBeTruthy();
  wrong = true;
  await keyboard().type(within(list).getAllByLabelText('Pattern')[3]!, '4');
  expect(await screen.findAllByText('Zones, no. 1: There is no provider Tele.')).toHaveLength(1);
  const drafts = asked.flatMap(({ body }) => (body as ExplainNumber | undefined)?.draft?.external_rules ?? []);
  expect(drafts.filter(({ pattern }) => pattern === '')).toEqual([]);
});

it('says the whole numbers where only they differ', async () => {
  const whole = (draft: boolean) => (draft ? '+49301' : '+49302');
  serving({ locations: { o1: stored('o1', berlin) } }, ({ path, body }) => {
    if (!path.endsWith('explain')) return undefined;
    const canonical = whole((body as ExplainNumber).draft !== undefined);
    const dialled = { number: '1', then: [], canonical, reach: 'internal', private: false, noted: null };
    return { body: { location: 'Berlin', dialled, shown: '1', steps: [] } };
  });
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(screen.getByLabelText('Number'), '1');
  await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
  const saved = (await screen.findByText('As it is saved')).nextSibling;
  expect(saved?.textContent).toBe('The PBX gets 1 (internal). The whole number is +49302.');
  expect(screen.getByText('The PBX gets 1 (internal). The whole number is +49301.')).toBeTruthy();
});

it('has the outcome in a strip, which opens the simulator beside the rules', async () => {
  server();
  shown(<LocationPage id="o1" />);
  await keyboard().type(await screen.findByLabelText('Number'), '19');
  expect(await screen.findByText('19: The PBX gets saved (external).')).toBeTruthy();
  const opens = screen.getByRole('button', { name: 'Try it', expanded: false });
  await keyboard().click(opens);
  expect(document.activeElement).toBe(screen.getByLabelText('Number'));
  await keyboard().keyboard('{Escape}');
  expect(document.activeElement).toBe(opens);
  expect(opens.getAttribute('aria-expanded')).toBe('false');
});

it('keeps the number that is tried from page to page', async () => {
  server();
  const tried = { current: NOTHING_TRIED };
  const page = shown(
    <LastTried value={tried}>
      <NumbersPage chosen={new URLSearchParams()} />
    </LastTried>,
  );
  await keyboard().type(await screen.findByLabelText('Number'), '19');
  page.unmount();
  shown(
    <LastTried value={tried}>
      <LocationPage id="o1" />
    </LastTried>,
  );
  expect((await screen.findByLabelText<HTMLInputElement>('Number')).value).toBe('19');
});

it('tries the number at the location that is chosen', async () => {
  const locations = { o1: stored('o1', berlin), o2: stored('o2', { ...berlin, name: 'Munich' }) };
  const { asked } = serving({ locations }, ({ path, body }) =>
    path.endsWith('explain') ? explained(body as ExplainNumber) : undefined,
  );
  const Page = () => {
    useAddress();
    return <NumbersPage chosen={new URLSearchParams(window.location.search)} />;
  };
  shown(<Page />);
  const last = () => asked.filter(({ method }) => method === 'POST').at(-1)?.body;
  await keyboard().type(await screen.findByLabelText('Number'), '19');
  await waitFor(() => expect(last()).toMatchObject({ text: '19', location: 'o1' }));
  await keyboard().selectOptions(screen.getByLabelText('Location'), 'Munich');
  await waitFor(() => expect(last()).toMatchObject({ text: '19', location: 'o2' }));
  expect(screen.getByRole('link', { name: 'Change its rules' }).getAttribute('href')).toBe('/admin/locations/o2');
});

it('asks with project, client and moment only where a person types', async () => {
  const { asked } = server();
  shown(<NumbersPage chosen={new URLSearchParams()} />);
  const last = () => asked.filter(({ method }) => method === 'POST').at(-1)?.body as ExplainNumber | undefined;
  await keyboard().type(await screen.findByLabelText('Number'), '19');
  await waitFor(() => expect(last()?.text).toBe('19'));
  expect(last()).toMatchObject({ location: 'o1', kind: 'typed', moment: { day: 'weekday', minute: 720 } });
  await keyboard().type(screen.getByLabelText('Address of the softphone'), '192.0.2.1');
  await waitFor(() => expect(last()?.client).toBe('192.0.2.1'));
  await keyboard().selectOptions(screen.getByLabelText('It is'), 'caller');
  await waitFor(() => expect(last()?.kind).toBe('caller'));
  expect(last()).not.toHaveProperty('client');
  // Nothing is tried with rules that nobody has changed.
  expect(last()).not.toHaveProperty('draft');
});

it('paints the times of a zone by keys, and zones follow a provider that is renamed or removed', async () => {
  const { asked } = server();
  shown(<LocationPage id="o1" />);
  await keyboard().click(await screen.findByText('Providers of Far by time'));
  const grid = await screen.findByRole('grid', { name: 'Providers of Far by time' });
  const cell = within(grid).getByLabelText('Monday to Friday, 00:00 to 00:30: nobody');
  cell.focus();
  await keyboard().keyboard(' {Shift>}{ArrowRight}{/Shift}');
  expect(within(grid).getByLabelText('Monday to Friday, 00:30 to 01:00: Alpha')).toBe(document.activeElement);
  expect(screen.getByText('00:00 to 01:00 Alpha')).toBeTruthy();
  const providers = await rulesOf('Providers');
  await keyboard().type(within(providers).getByLabelText('Name'), 'bet');
  await keyboard().tab();
  expect(await screen.findByText('00:00 to 01:00 Alphabet')).toBeTruthy();
  await keyboard().click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(saved(asked)).toBeDefined());
  expect(saved(asked)?.least_cost_routing.zones[0]?.weekdays.slice(0, 3)).toEqual(['Alphabet', 'Alphabet', null]);
});

it('keeps the hours of each provider, whatever is typed on the way to a new name', async () => {
  const provider = (name: string) => ({ name, prefix: '' });
  const zone = (name: string, weekdays: string[]) => ({ name, prefixes: ['+1'], weekdays, saturday: [], sunday: [] });
  const half = (name: string) => Array.from({ length: 48 }, () => name);
  const least_cost_routing = {
    enabled: true,
    providers: [provider('Tele'), provider('X')],
    zones: [zone('Near', half('Tele')), zone('Far', half('X'))],
  };
  const { asked } = serving({ locations: { o1: stored('o1', { ...berlin, least_cost_routing }) } });
  shown(<LocationPage id="o1" />);
  const providers = await rulesOf('Providers');
  const name = () => within(providers).getAllByLabelText('Name')[1]!;
  // Away by another's name, and by none at all.
  for (const typed of ['Tele', '', 'Telekom2']) {
    await keyboard().clear(name());
    if (typed !== '') await keyboard().type(name(), typed);
    await keyboard().tab();
  }
  await keyboard().click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(saved(asked)).toBeDefined());
  const { zones } = saved(asked)!.least_cost_routing;
  expect(zones.map(({ weekdays }) => [...new Set(weekdays)])).toEqual([['Tele'], ['Telekom2']]);
});

const past = (changed: object[], checked: number, left = 0, next: number | null = null) => ({
  checked,
  total: changed.length,
  changed,
  truncated: false,
  left,
  next,
});
const result = (number: string | null) => ({ number, then: [], reach: number === null ? null : 'external' });

it('lists past numbers that would change, before anything is saved', async () => {
  const change = {
    kind: 'caller',
    text: '0471',
    count: 7,
    last_at: Date.UTC(2026, 0, 2),
    before: result('+49471'),
    after: result(null),
  };
  let answer = past([change], 1234);
  const { asked } = server(({ path }) => (path === '/api/v1/admin/numbers/what-if' ? { body: answer } : undefined));
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  expect(screen.getByText('There are no changes to check.')).toBeTruthy();
  const name = 'What would change for past numbers?';
  await keyboard().click(screen.getByRole('button', { name }));
  expect(asked.some(({ path }) => path.endsWith('what-if'))).toBe(false);

  const pattern = within(list).getAllByLabelText('Pattern')[0]!;
  await keyboard().type(pattern, '9');
  await keyboard().click(screen.getByRole('button', { name }));
  expect(await screen.findByText('1 of 1,234 past numbers would change.')).toBeTruthy();
  const row = within(screen.getByRole('table', { name })).getAllByRole('row')[1]!;
  expect(
    within(row)
      .getAllByRole('cell')
      .map((cell) => cell.textContent)
      .slice(0, 5),
  ).toEqual(['0471', 'the caller’s number', '+49471 (external)', 'nothing', '7']);
  expect((asked.at(-1)?.body as { draft: LocationObject }).draft.external_rules[0]?.pattern).toBe('^19');
  expect(saved(asked)).toBeUndefined();

  answer = past([], 1234);
  await keyboard().type(pattern, '9');
  expect(screen.getByText('You have changed something since.')).toBeTruthy();
  await keyboard().click(screen.getByRole('button', { name: 'Check again' }));
  expect(await screen.findByText('Nothing would change for 1,234 past numbers.')).toBeTruthy();
});

it('says how far it is with past numbers, and stops', async () => {
  const change = { kind: 'caller', text: '0471', count: 7, last_at: 9, before: result('+49471'), after: result(null) };
  const answers = [past([change], 300, 700, 8), past([], 200, 500, 7)];
  const { asked } = server(({ path }) => {
    if (path !== '/api/v1/admin/numbers/what-if') return undefined;
    const body = answers.shift();
    return body ? { body } : { never: true };
  });
  shown(<LocationPage id="o1" />);
  const list = await rulesOf('Numbers that are external');
  await keyboard().type(within(list).getAllByLabelText('Pattern')[0]!, '9');
  await keyboard().click(screen.getByRole('button', { name: 'What would change for past numbers?' }));
  const progress = await screen.findByRole('progressbar', {
    name: '500 of 1,000 past numbers are checked; 1 would change.',
  });
  expect(progress.getAttribute('aria-valuenow')).toBe('50');
  expect(screen.getByRole('cell', { name: '0471' })).toBeTruthy();
  const parts = asked.filter(({ path }) => path.endsWith('what-if')).map(({ body }) => body as { before: unknown });
  expect(parts.map(({ before }) => before)).toEqual([null, 8, 7]);
  await keyboard().click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText(/1 of 500 past numbers would change. +500 older ones were not checked./)).toBeTruthy();
});

it('says that there is no location yet', async () => {
  serving({ locations: {} });
  shown(<NumbersPage chosen={new URLSearchParams()} />);
  expect(await screen.findByText(/There is no location yet/)).toBeTruthy();
});

it('says that nothing is left of a number only where that may be', async () => {
  const formatting = { ...berlin.formatting, incoming: [rule('^1')] };
  serving({ locations: { o1: stored('o1', { ...berlin, formatting, external_rules: [rule('^1')] }) } });
  shown(<LocationPage id="o1" />);
  const tick = async (name: string) => {
    const list = await rulesOf(name);
    await keyboard().click(within(list).getByRole('checkbox', { name: 'The number becomes' }));
    return within(list).queryByText('Nothing is left of the number.');
  };
  expect(await tick('Numbers that are external')).toBeNull();
  expect(await tick('Reported numbers of incoming calls')).toBeTruthy();
});
