/** The page of the log: what is asked for and what is shown. */
import { expect, it } from 'vitest';
import { drawn } from '../components/testing';
import type { Log, LogLine } from '../generated/protocol';
import { logDe } from '../i18n/log.de';
import { logEn } from '../i18n/log.en';
import { detailsOf, linesUrl, NO_FILTER } from './log';
import { LineTable, Settings } from './LogPage';

const report: Log = {
  areas: [
    { area: 'sip', level: 'debug' },
    { area: 'calls', level: 'info' },
  ],
  files: [
    { name: 'offhook_2026-11-21_17-12-03.log', size: 2_000_000, modified_at: 0, open: false },
    { name: 'offhook_2026-11-22_00-00-00.log', size: 4000, modified_at: 0, open: true },
  ],
  total: 2_004_000,
  total_limit: 200_000_000,
  stopped: null,
  missing: { files: 0, stderr: 0, system: 0 },
  system: 'warn',
  system_problem: null,
};
const settings = (fields: Partial<Log> = {}) =>
  drawn(<Settings report={{ ...report, ...fields }} again={() => Promise.resolve()} />);

const line: LogLine = {
  seq: 7,
  at: 0,
  level: 'warn',
  area: 'calls',
  target: 'offhook::call',
  message: 'no audio arrives <b>',
  call: '12',
  line: '100',
  group: null,
  user: null,
  fields: { never: true, from: '192.0.2.1:4000' },
};

it('asks for the lines that are wanted', () => {
  expect(linesUrl(NO_FILTER, 200)).toBe('/api/v1/admin/log/lines?limit=200');
  expect(linesUrl({ level: 'warn', area: 'sip', call: ' 7&x ' }, 5)).toBe(
    '/api/v1/admin/log/lines?limit=5&level=warn&area=sip&call=7%26x',
  );
});

it('shows each area with its level, and that the system gets warnings', () => {
  const html = settings();
  for (const text of ['What is logged of SIP', 'What is logged of Calls', 'gets: Warnings'])
    expect(html).toContain(text);
  expect(html).toMatch(/<option[^>]*value="debug"[^>]*selected/);
  expect(html).not.toContain('role="alert"');
});

it('offers every file to save, and to delete what is not being written', () => {
  const html = settings();
  for (const { name } of report.files) expect(html).toContain(`/api/v1/admin/log/files/${name}`);
  expect(html).toContain('Delete offhook_2026-11-21_17-12-03.log');
  expect(html).not.toContain('Delete offhook_2026-11-22_00-00-00.log');
  expect(html).toContain('/api/v1/admin/log/zip');
});

it('says why files are not written and what is missing', () => {
  const html = settings({
    stopped: { english: 'The disk with /x has only 3 MB left.', german: '' },
    missing: { files: 1200, stderr: 2, system: 1 },
  });
  for (const text of ['role="alert"', 'only 3 MB left', '1,200 lines are missing', '3 lines are missing there']) {
    expect(html).toContain(text);
  }
  expect(settings({ files: [], total_limit: 0 })).toContain('no files');
});

it('shows lines with what belongs to them, the newest on top', () => {
  const html = drawn(<LineTable lines={[line, { ...line, seq: 8, message: 'newer', fields: {} }]} />);
  expect(html.indexOf('newer')).toBeLessThan(html.indexOf('no audio arrives'));
  expect(html).toContain('no audio arrives &lt;b&gt;');
  expect(html).toContain('192.0.2.1:4000');
  expect(html).toContain('>Warning<');
  expect(detailsOf(line).map(([name]) => name)).toEqual(['call', 'line', 'never', 'from']);
  expect(drawn(<LineTable lines={[]} />)).toContain('No line matches');
});

it('speaks German as well as English', () => {
  expect(Object.keys(logDe).sort()).toEqual(Object.keys(logEn).sort());
});
