/** What the page of the status says of everything together. */
import { expect, it } from 'vitest';
import { drawn } from '../components/testing';
import { Overall, type OverallProps } from './Status';

const nothing = { report: null, failure: null };
const report: OverallProps['report'] = {
  now: 0,
  line_groups: [],
  listeners: [],
  strangers: { requests: 0, addresses: [] },
};
const overall = (change: Partial<OverallProps> = {}) =>
  drawn(
    <Overall
      report={report}
      program={{ title: 'Program', ...nothing }}
      captured={{ title: 'Captures', ...nothing }}
      log={{ title: 'Log', ...nothing }}
      {...change}
    />,
  );

it('does not call well what it does not know', () => {
  expect(overall()).toContain('Looking whether everything runs');
  expect(overall()).not.toContain('Everything runs.');
});

it('says what cannot be asked, beside what is known to be wrong', () => {
  const deaf = {
    name: 'a',
    transport: 'udp',
    address: '0.0.0.0:5060',
    problem: 'the port is taken',
    german: 'the port is taken',
  };
  const html = overall({
    report: { ...report, listeners: [deaf] },
    program: { title: 'Program', report: null, failure: 'server_unreachable' },
  });
  expect(html).toContain('2 things need attention.');
  expect(html).toContain('Program: the server does not tell');
  expect(html).toContain('the port is taken');
});
