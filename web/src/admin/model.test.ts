import { describe, expect, it } from 'vitest';
import type { LineGroup, LineReport, LineState } from '../generated/protocol';
import {
  countStates,
  filterGroups,
  filterLines,
  gradeOf,
  healthOf,
  NO_FILTER,
  pageOf,
  roughly,
  toneOfGrade,
  worstOf,
} from './model';

function line(number: string, state: LineState, fields: Partial<LineReport> = {}): LineReport {
  return {
    id: number,
    object: null,
    from_file: true,
    number,
    user_name: `u${number}`,
    pilot: false,
    state,
    cause: null,
    until: null,
    target: null,
    last_error: null,
    retries: 0,
    next_try: null,
    ...fields,
  };
}

function group(name: string, lines: LineReport[], fields: Partial<LineGroup> = {}): LineGroup {
  return {
    id: name,
    object: null,
    from_file: true,
    name,
    kind: 'softphones',
    registrar: 'pbx.example',
    domain: null,
    listener: null,
    cause: null,
    targets: [],
    lookup_at: null,
    lines,
    bindings: [],
    wrong_passwords: 0,
    ...fields,
  };
}

it('counts what needs a look first and leaves out what there is not', () => {
  const lines = [line('1', 'registered'), line('2', 'failed'), line('3', 'registered')];
  expect(countStates(lines)).toEqual([
    { state: 'failed', count: 1 },
    { state: 'registered', count: 2 },
  ]);
});

describe('health', () => {
  const good = line('1', 'registered');
  const down = { transport: 'udp', address: '192.0.2.1:5060', down_since: 1 };
  it('is the worst of what there is', () => {
    expect(healthOf(group('a', [good]))).toBe('working');
    expect(healthOf(group('a', [good, line('2', 'waiting')]))).toBe('settling');
    expect(healthOf(group('a', [good, line('2', 'waiting')], { targets: [down] }))).toBe('degraded');
    expect(healthOf(group('a', [good, line('2', 'failed')], { targets: [down] }))).toBe('failing');
    expect(healthOf(group('a', [line('2', 'inactive')]))).toBe('empty');
  });

  it('knows of a PBX that cannot be reached though no line says so', () => {
    const cause = { code: 'trunk_not_registered', sip_status: null, detail: null } as const;
    expect(healthOf(group('a', [good], { cause }))).toBe('failing');
  });
});

describe('the filter', () => {
  const main = group('Main', [line('100', 'registered'), line('101', 'failed')]);
  const branch = group('Branch', [line('200', 'registered')]);
  const numbers = (found: { lines: LineReport[] }[]) => found.map(({ lines }) => lines.map(({ number }) => number));

  it('finds numbers, user names and groups, whatever their case', () => {
    const find = (text: string) => numbers(filterGroups([main, branch], { ...NO_FILTER, text }));
    expect(find('')).toEqual([['100', '101'], ['200']]);
    expect(find(' 10 ')).toEqual([['100', '101']]);
    expect(find('U200')).toEqual([['200']]);
    expect(find('branch')).toEqual([['200']]);
    expect(find('nobody')).toEqual([]);
  });

  it('combines text and state', () => {
    expect(numbers(filterGroups([main, branch], { ...NO_FILTER, state: 'failed' }))).toEqual([['101']]);
    expect(filterLines(main, { ...NO_FILTER, text: '100', state: 'failed' })).toEqual([]);
  });

  it('keeps a line in sight that was acted on', () => {
    expect(filterLines(main, { text: '', state: 'failed', kept: ['100'] })).toHaveLength(2);
  });

  it('shows a group without lines when it is asked for by name', () => {
    expect(filterGroups([group('Empty', [])], { ...NO_FILTER, text: 'emp' })).toHaveLength(1);
    expect(filterGroups([group('Empty', [])], { ...NO_FILTER, text: 'emp', state: 'failed' })).toHaveLength(0);
  });
});

it('stays on a page that there is', () => {
  const items = Array.from({ length: 101 }, (_, at) => at);
  expect(pageOf(items, 2)).toMatchObject({ page: 2, pages: 3, first: 51 });
  expect(pageOf(items, 9)).toEqual({ items: [100], page: 3, pages: 3, first: 101 });
  expect(pageOf([], 3)).toEqual({ items: [], page: 1, pages: 1, first: 1 });
});

it('says time spans as people do', () => {
  const spans = [-5, 400, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000].map(roughly);
  expect(spans.map(({ value, unit }) => `${value} ${unit}`)).toEqual([
    '0 s',
    '0 s',
    '119 s',
    '2 min',
    '119 min',
    '2 h',
    '2 d',
  ]);
});

it('judges scores as ITU-T G.109 does, by the worse direction', () => {
  expect([4.41, 4.1, 3.7, 3.2, 2.9].map(gradeOf)).toEqual(['best', 'high', 'medium', 'low', 'poor']);
  expect(toneOfGrade(gradeOf(2))).toBe('bad');
  expect(worstOf({ mos: 4.2, mos_remote: 3.1 })).toBe(3.1);
  expect(worstOf({ mos: null, mos_remote: 3.1 })).toBe(3.1);
  expect(worstOf({ mos: null, mos_remote: null })).toBeNull();
});
