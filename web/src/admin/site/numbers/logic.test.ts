/** What rules and tariffs come to. */
import { expect, it } from 'vitest';
import type { ExplainedNumber, NumberStep, TariffZone } from '../../../generated/site';
import { locationEn } from '../../../i18n/location.en';
import { rulesEn } from '../../../i18n/rules.en';
import { differences } from '../../parts/merge';
import { noteSentence, outcome } from './explain';
import { blankLocation } from '../../../generated/siteTables';
import {
  acting,
  areSorted,
  asks,
  minuteOf,
  moved,
  nextPriority,
  placeOf,
  sameResult,
  withoutBlank,
  words,
} from './rules';
import { beginOf, cells, painted, renamed, spans, stepped } from './tariff';

const step = (name: NumberStep['name'], code: NumberStep['note']['code'], ...values: string[]): NumberStep => ({
  number: 1,
  name,
  before: '1',
  after: '1',
  note: { code, values },
  skipped: [],
});

it('moves an entry to another place', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b'], 0, 2)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 3, 0)).toEqual(['a', 'b']);
});

it('reads words however they are separated', () => {
  expect(words(' 800, 700;0 \n 1')).toEqual(['800', '700', '0', '1']);
  expect(words('  ')).toEqual([]);
});

it('finds the rules that act, in the list that the step takes them from', () => {
  const steps = [
    step('formatting', 'rule_replaced', '2', '+49'),
    step('external_rules', 'no_rule_fits'),
    step('internal_rules', 'internal', '1'),
    step('emergency', 'emergency_rule', '3', '112', '10.0.0.0/8', '9'),
    step('send', 'sent'),
  ];
  expect(acting({ steps }, 'caller')).toEqual(['/formatting/incoming/1', '/internal_rules/0', '/emergency/rules/2']);
  expect(acting({ steps }, 'called')[0]).toBe('/formatting/outgoing/1');
});

it('compares results and not how they came about', () => {
  const one: ExplainedNumber = {
    location: 'Berlin',
    reported: { number: '+4930', reach: 'external', extension: null },
    steps: [],
  };
  expect(sameResult(one, { ...one, location: '-', steps: [step('send', 'sent')] })).toBe(true);
  expect(sameResult(one, { ...one, reported: { number: '+4930', reach: 'internal', extension: null } })).toBe(false);
});

it('says the outcome in a sentence', () => {
  const t = rulesEn.simulator;
  const told = (rest: object) => outcome({ location: 'Berlin', steps: [], ...rest }, t, 'en');
  const dialled = { number: '0089', then: [{ pause: 500 }, { digits: '12' }], canonical: '+4989', reach: 'external' };
  expect(told({ dialled, shown: '+49 (89)' })).toBe(
    'The PBX gets 0089 (external); when it is answered, there follows (500 ms) 12. People see +49 (89).',
  );
  expect(told({ not_dialled: { missing: { pin: 1 } } })).toContain('a PIN of 1 digit is needed.');
  expect(told({ not_dialled: { missing: { user: 0 } } })).toContain('a user’s number is needed.');
  expect(told({ not_dialled: { unknown_project: 'x' } })).toContain('no project x');
  expect(told({ not_dialled: 'empty' })).toContain('no number');
  expect(told({})).toBe('There is no number to show.');
  expect(noteSentence({ code: 'rule_replaced', values: ['2', '$1'] }, 'en')).toBe('Rule 2 fits and makes $1 of it.');
});

it('asks for what a code has places for, and for times of a day', () => {
  expect(asks({ code: '80eeee', use: 'dial' }, '')).toEqual({ pin: true, user: false });
  expect(asks({ code: '80eeee', use: 'journal' }, 'U')).toEqual({ pin: false, user: true });
  expect(asks(undefined, '')).toEqual({ pin: false, user: false });
  expect([minuteOf('08:30'), minuteOf('24:00'), minuteOf('')]).toEqual([510, null, null]);
});

it('leaves out new entries in which nothing has been typed', () => {
  const rule = { description: '', compare: 'equal' as const, pattern: '', replacement: '' };
  const one = { ...rule, pattern: '1' };
  const formatting = { ...blankLocation.formatting, outgoing: [rule, one, rule] };
  const numbering = { ...blankLocation.numbering, ranges: [{ from: '', to: '' }] };
  const draft = { ...blankLocation, external_rules: [rule], formatting, numbering };
  expect(withoutBlank(draft)).toEqual({
    ...blankLocation,
    // Places of the others stay what they are.
    formatting: { ...formatting, outgoing: [rule, one] },
  });
  expect(withoutBlank(blankLocation)).toBe(blankLocation);
});

it('has simple rules after the others when they are new, and knows whether they are in order', () => {
  const rules = (...all: number[]) => all.map((priority) => ({ priority, pattern: '1', value: '' }));
  expect(nextPriority(rules(10, 50, 30))).toBe(60);
  expect(nextPriority([])).toBe(10);
  expect(nextPriority(rules(0xffff_fffe))).toBe(0xffff_ffff);
  expect([rules(), rules(0, 0, 5), rules(10, 5)].map(areSorted)).toEqual([true, true, false]);
  const simple = { ...blankLocation.simple, rules: [...rules(10), { priority: 20, pattern: '', value: '' }] };
  expect(withoutBlank({ ...blankLocation, simple }).simple.rules).toEqual(rules(10));
});

it('names each field of a location for itself, so that two people can change two of them', () => {
  const labels: Record<string, string> = { ...locationEn.fields, ...rulesEn.fields };
  /** All that has no parts, in another shape. */
  const other = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, other(part)]))
      : 'other';
  const changed = differences(blankLocation, blankLocation, other(blankLocation), labels);
  expect(changed.filter(({ pointer }) => !(pointer in labels))).toEqual([]);
  const whole = changed.filter(({ before }) => typeof before === 'object' && !Array.isArray(before));
  // A connection is of one kind or the other.
  expect(whole.map(({ pointer }) => pointer)).toEqual(['/numbering']);
});

it('says in words where a pointer leads', () => {
  const { fields, entry } = rulesEn;
  const place = (pointer: string) => placeOf(pointer, fields, entry);
  expect(place('/external_rules/2/pattern')).toBe('Numbers that are external, no. 3, Pattern');
  expect(place('/least_cost_routing/zones/0/weekdays/7')).toBe('Zones, no. 1');
  expect(place('/network/enabled')).toBe(fields['/network/enabled']);
  expect(place('/elsewhere')).toBe('');
});

const zone: TariffZone = { name: 'Far', prefixes: ['+1'], weekdays: [], saturday: [], sunday: [] };

it('paints half hours, and a day that nobody carries is empty', () => {
  const day = painted(zone, 'weekdays', 36, 16, 'A');
  expect(spans(day, 'weekdays')).toEqual([{ from: 16, to: 37, provider: 'A' }]);
  expect(day.weekdays).toHaveLength(48);
  const both = painted(day, 'weekdays', 20, 21, 'B');
  expect(spans(both, 'weekdays').map(({ from, provider }) => `${beginOf(from)} ${provider}`)).toEqual([
    '08:00 A',
    '10:00 B',
    '11:00 A',
  ]);
  expect(painted(both, 'weekdays', 0, 47, null).weekdays).toEqual([]);
  expect(cells(zone, 'sunday').every((cell) => cell === null)).toBe(true);
});

it('gives zones the new name of a provider, and nobody in place of one that goes', () => {
  const both = painted(painted(zone, 'weekdays', 0, 1, 'A'), 'saturday', 0, 0, 'B');
  expect(spans(renamed(both, 'A', 'C'), 'weekdays')[0]?.provider).toBe('C');
  expect(renamed(both, 'B', null).saturday).toEqual([]);
  expect(renamed(both, 'X', null)).toEqual(both);
});

it('goes through the quarters of days by the arrow keys', () => {
  expect(stepped({ day: 0, at: 0 }, 'ArrowDown')).toEqual({ day: 0, at: 12 });
  expect(stepped({ day: 0, at: 37 }, 'ArrowDown')).toEqual({ day: 1, at: 1 });
  expect(stepped({ day: 1, at: 1 }, 'ArrowUp')).toEqual({ day: 0, at: 37 });
  expect(stepped({ day: 2, at: 47 }, 'ArrowDown')).toEqual({ day: 2, at: 47 });
  expect(stepped({ day: 0, at: 47 }, 'ArrowRight')).toEqual({ day: 0, at: 47 });
  expect(stepped({ day: 0, at: 5 }, 'End')).toEqual({ day: 0, at: 47 });
  expect(stepped({ day: 0, at: 5 }, 'a')).toBeNull();
});
