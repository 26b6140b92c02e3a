import { describe, expect, it } from 'vitest';
import type { LegReport, Trace, TraceEvent } from '../../generated/protocol';
import {
  ALL_KINDS,
  ARROW,
  bands,
  between,
  fit,
  fold,
  GAP,
  heightOf,
  lanes,
  MARGIN,
  partyOf,
  place,
  ROW,
  rowOf,
  sinceStart,
} from './layout';

const sip = (at: number, text: string, from = 0, to = 1): TraceEvent => ({
  at,
  from,
  to,
  what: { kind: 'sip', transport: 'udp', source: `10.0.0.${from}:5060`, destination: `10.0.0.${to}:5060`, text },
});
const media = (at: number, event: 'silent' | 'heard' | 'never_heard', from = 0): TraceEvent => ({
  at,
  from,
  to: 1,
  what: { kind: 'media', event, detail: null },
});
const all = { kinds: new Set(ALL_KINDS), repeats: false };
const placed = (events: TraceEvent[]) => place(events, fold(events, all));

describe('folding', () => {
  const invite = [sip(0, 'INVITE'), sip(500, 'INVITE'), sip(600, '100', 1, 0), sip(1500, 'INVITE')];

  it('puts retransmissions with the first of them', () => {
    expect(fold(invite, all)).toEqual([
      { event: 0, repeats: [1, 3] },
      { event: 2, repeats: [] },
    ]);
  });

  it('keeps apart what differs in a letter, in its way or in its direction', () => {
    expect(fold([sip(0, 'A'), sip(1, 'B'), sip(2, 'A', 1, 0), sip(3, 'A', 0, 2)], all)).toHaveLength(4);
  });

  it('does not fold what is no SIP: the same step twice happened twice', () => {
    const step = (at: number): TraceEvent => ({
      at,
      from: 1,
      to: 1,
      what: { kind: 'step', input: 'i', before: 'a', after: 'a' },
    });
    expect(fold([step(0), step(1)], all)).toHaveLength(2);
  });

  it('shows each one, or only some kinds, when that is asked for', () => {
    expect(fold(invite, { ...all, repeats: true })).toHaveLength(4);
    expect(fold([...invite, media(9, 'silent')], { ...all, kinds: new Set(['media']) })).toEqual([
      { event: 4, repeats: [] },
    ]);
  });
});

describe('the rows', () => {
  it('stand below each other, further apart the more time is between them', () => {
    const { rows, height } = placed([sip(0, 'a'), sip(0, 'b'), sip(2000, 'c')]);
    expect(rows.map(({ y }) => y).slice(0, 2)).toEqual([MARGIN, MARGIN + ROW]);
    expect(rows[2]!.y).toBeGreaterThan(MARGIN + 2 * ROW);
    expect(rows[2]!.y).toBeLessThan(MARGIN + 3 * ROW);
    expect(height).toBe(rows[2]!.y + ROW + MARGIN);
  });

  it('cut a long silence out, whether it took seconds or days', () => {
    const [seconds, days] = [4000, 4 * 86_400_000].map((end) => placed([sip(0, 'a'), sip(end, 'b')]).rows[1]!);
    expect(seconds).toMatchObject({ gap: 4000, y: MARGIN + ROW + GAP });
    expect(days).toMatchObject({ gap: 4 * 86_400_000, y: MARGIN + ROW + GAP });
  });

  it('stay in order when a clock was set back', () => {
    const { rows } = placed([sip(5000, 'a'), sip(1000, 'b'), sip(5100, 'c')]);
    expect(rows.map(({ gap }) => gap)).toEqual([0, 0, 0]);
    expect(rows[1]!.y).toBe(rows[0]!.y + ROW);
  });

  it('are found by what can be seen of them', () => {
    const many = Array.from({ length: 2000 }, (_, at) => sip(at, String(at)));
    const { rows } = placed(many);
    const seen = between(rows, 10_000, 10_800);
    expect(seen.length).toBeLessThan(30);
    expect(rows.filter(({ y }) => y >= 10_000 && y + ROW <= 10_800).every((row) => seen.includes(row))).toBe(true);
    expect(between(rows, 1e9, 2e9)).toEqual([]);
    expect(between([], 0, 100)).toEqual([]);
  });

  it('are found by an event, also by one that is folded or not shown', () => {
    const events = [sip(0, 'a'), sip(1, 'a'), media(2, 'silent'), sip(3, 'b')];
    const { rows } = place(events, fold(events, { ...all, kinds: new Set(['sip']) }));
    expect([0, 1, 2, 3].map((event) => rowOf(rows, event))).toEqual([0, 0, 0, 1]);
    expect(rowOf([], 3)).toBe(0);
  });
});

describe('the lanes', () => {
  it('fill the width, in order and inside it', () => {
    const { xs, width } = lanes(3, 800, 80);
    expect(width).toBe(800);
    expect(xs[0]).toBeGreaterThan(80);
    expect(xs[2]).toBeLessThan(800);
    expect(xs[1]! - xs[0]!).toBeCloseTo(xs[2]! - xs[1]!, -1);
  });

  it('are never so near that nothing fits between them', () => {
    const { xs, width } = lanes(6, 360, 50);
    expect(width).toBeGreaterThan(360);
    expect(xs.at(-1)).toBeLessThan(width);
    expect(lanes(1, 360, 50).xs).toHaveLength(1);
    expect(lanes(0, 360, 50).xs).toEqual([]);
  });

  it('leave three of them room on a phone', () => {
    expect(lanes(3, 340, 52)).toMatchObject({ width: 340, narrow: true });
  });
});

describe('the bands', () => {
  const leg = (party: LegReport['party'], name: string) => ({ party, name, packets_in: 0 }) as LegReport;
  const trace = (events: TraceEvent[]): Trace => ({
    id: '1',
    caller: null,
    called: null,
    line: null,
    group: null,
    started_at: 0,
    connected_at: 1000,
    ended_at: 9000,
    cause: null,
    parties: [
      { kind: 'sip', name: 'Main', address: null },
      { kind: 'server', name: 'Offhook', address: null },
      { kind: 'client', name: 'anna', address: null },
    ],
    events,
    legs: [leg('pbx', 'Main'), leg('browser', 'anna')],
    settings: [],
    dropped: 0,
  });

  it('run beside their party from the answer to the end', () => {
    const events = [sip(0, 'INVITE'), sip(1000, '200'), sip(9000, 'BYE')];
    const { rows } = placed(events);
    expect(bands(trace(events), rows).map(({ party, top, bottom }) => [party, top, bottom])).toEqual([
      [0, rows[1]!.y + ARROW, rows[2]!.y + ARROW],
      [2, rows[1]!.y + ARROW, rows[2]!.y + ARROW],
    ]);
    expect(bands(trace([]), [])).toEqual([]);
    expect(bands({ ...trace(events), connected_at: null }, rows)).toEqual([]);
  });

  it('know when the party was not heard, to the end where it never was again', () => {
    const events = [
      sip(1000, '200'),
      media(2000, 'silent'),
      media(2500, 'heard'),
      media(4000, 'never_heard'),
      sip(9000, 'BYE'),
    ];
    const { rows } = placed(events);
    const [main, anna] = bands(trace(events), rows);
    const arrow = (at: number) => rows[at]!.y + ARROW;
    expect(main!.silent).toEqual([
      { top: arrow(1), bottom: arrow(2) },
      { top: arrow(3), bottom: arrow(4) },
    ]);
    expect(anna!.silent).toEqual([]);
  });

  it('find a party by its name, or as the only one of its kind', () => {
    const { parties } = trace([]);
    expect(partyOf(leg('browser', 'anna'), parties)).toBe(2);
    expect(partyOf(leg('pbx', 'renamed'), parties)).toBe(0);
    const two = [...parties, { kind: 'sip' as const, name: 'Other', address: null }];
    expect(partyOf(leg('pbx', 'Other'), two)).toBe(3);
    expect(partyOf(leg('pbx', 'renamed'), two)).toBeNull();
  });

  it('place a moment between two rows between them', () => {
    const events = [sip(0, 'a'), sip(1000, 'b')];
    const { rows } = placed(events);
    const middle = heightOf(events, rows, 500);
    expect(middle).toBeGreaterThan(rows[0]!.y + ARROW);
    expect(middle).toBeLessThan(rows[1]!.y + ARROW);
    expect(heightOf(events, rows, 5000)).toBe(rows[1]!.y + ROW);
  });
});

it('cuts texts to the room that there is', () => {
  const width = (text: string) => text.length * 7;
  expect(fit('INVITE', 42, width)).toBe('INVITE');
  expect(fit('INVITE', 41, width)).toBe('INVI…');
  expect(fit('INVITE sip:someone@example.com', 56, width)).toBe('INVITE…');
  expect(fit('INVITE', 13, width)).toBe('');
  expect(fit('', 0, width)).toBe('');
});

it('says times as since the start', () => {
  expect([0, 482.4, 59_999.6, 61_002, -3].map((ms) => sinceStart(ms, 'en'))).toEqual([
    '+0.000',
    '+0.482',
    '+1:00.000',
    '+1:01.002',
    '−0.003',
  ]);
  expect(sinceStart(61_002, 'de')).toBe('+1:01,002');
});
