import { expect, it } from 'vitest';
import type { LineGroup, Status } from '../generated/protocol';
import { adminDe } from '../i18n/admin.de';
import { adminEn } from '../i18n/admin.en';
import { troublesOf, type Known } from './troubles';

const DAY = 24 * 3600_000;
const group: LineGroup = {
  id: '0',
  object: null,
  from_file: true,
  name: 'Main',
  kind: 'softphones',
  registrar: null,
  domain: null,
  listener: null,
  cause: null,
  targets: [],
  lookup_at: null,
  lines: [],
  bindings: [],
  wrong_passwords: 0,
};
const listener = { name: 'a', transport: 'udp', address: '0.0.0.0:5060', problem: null, german: null };
const well = {
  report: { now: 100 * DAY, line_groups: [group], listeners: [listener], strangers: { requests: 0, addresses: [] } },
  program: {
    now: 100 * DAY,
    started_at: 0,
    version: '1',
    clients: 0,
    users: 0,
    workers: [{ load: 12, late: 0, overloaded: false }],
    queues: [{ name: 'core', length: 800, limit: 1000 }],
    capture: { groups: [], lost: 0, lost_packets: 0, queued: 0, stopped: null },
    process: null,
    disk: { size: 100e9, free: 50e9 },
    database: { kind: 'sqlite', size: 1, problem: null },
    certificates: [
      { used_by: 'https', file: 'cert.pem', names: ['pbx.example'], expires_at: 200 * DAY, problem: null },
    ],
  },
  captured: {
    groups: [],
    calls: [],
    files: [],
    dropped: 0,
    dropped_packets: 0,
    payload_allowed: true,
    stopped: null,
    total_limit: 1,
    total: 0,
  },
  log: {
    areas: [],
    files: [],
    total: 0,
    total_limit: 1,
    stopped: null,
    missing: { files: 0, stderr: 0, system: 0 },
    system: null,
    system_problem: null,
  },
} satisfies Known;
const fullDisk = { english: 'The disk is full.', german: 'Der Datenträger ist voll.' };
const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 0 });
const said = (change: Partial<Known>) => troublesOf({ ...well, ...change }, adminEn.status, number, 'en');
const program = (change: Partial<Status>) => said({ program: { ...well.program, ...change } });
const log = (change: Partial<NonNullable<Known['log']>>) => said({ log: { ...well.log, ...change } });
const certificate = (change: object) =>
  program({ certificates: well.program.certificates.map((each) => ({ ...each, ...change })) });

it('finds nothing wrong where all is well', () => {
  expect(said({})).toEqual([]);
});

it('has a sentence for each thing that needs attention', () => {
  const full = { name: 'core', length: 801, limit: 1000 };
  const cases: [string[], RegExp][] = [
    [program({ queues: [full] }), /queue “Core” is nearly full: 801 of 1,000/],
    [program({ workers: [{ load: 97.4, late: 0, overloaded: false }] }), /Worker 1 .* 97 %/],
    [program({ workers: [{ load: 9, late: 0, overloaded: true }] }), /Worker 1 takes no further call/],
    [program({ database: { kind: 'sqlite', size: null, problem: 'is locked' } }), /database.*is locked/],
    [program({ disk: { size: 100e9, free: 0.5e9 } }), /disk is nearly full: .* left/],
    [certificate({ expires_at: 110 * DAY }), /pbx\.example expires soon/],
    [certificate({ expires_at: 99 * DAY }), /pbx\.example has expired/],
    [certificate({ problem: 'no such file' }), /no such file/],
    [log({ stopped: fullDisk }), /log.*The disk is full\./],
    [log({ system_problem: { english: 'no journal', german: '' } }), /no journal/],
    [said({ captured: { ...well.captured, stopped: fullDisk } }), /Capturing.*The disk is full\./],
    [said({ report: { ...well.report, listeners: [{ ...listener, problem: 'taken' }] } }), /0\.0\.0\.0:5060.*taken/],
  ];
  for (const [sentences, expected] of cases) {
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(expected);
  }
});

it('says the same in German', () => {
  const queues = [{ name: 'core', length: 900, limit: 1000 }];
  expect(troublesOf({ ...well, program: { ...well.program, queues } }, adminDe.status, number, 'de')).toEqual([
    'Die Warteschlange „Kern“ ist fast voll: 900 von 1,000.',
  ]);
  const captured = { ...well.captured, stopped: fullDisk };
  expect(troublesOf({ ...well, captured }, adminDe.status, number, 'de')[0]).toContain('Der Datenträger ist voll.');
});
