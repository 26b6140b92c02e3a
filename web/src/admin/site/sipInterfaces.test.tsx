// @vitest-environment happy-dom
/** Where SIP and audio are received, in a browser. */
import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { serving, shown } from './testing';
import { SipInterfaces } from './SipInterfaces';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('shows each listener, who uses it, and why it does not listen', async () => {
  const listener = {
    name: 'main',
    setting: 'listen.sip',
    transports: ['udp', 'tcp'],
    address: '0.0.0.0:5060',
    public_address: null,
    certificate: null,
    mutual: false,
    state: 'listening',
    english: null,
    german: null,
    line_groups: [],
  };
  const carrier = {
    ...listener,
    name: 'carrier',
    setting: '[[listener]]',
    transports: ['tls'],
    address: '10.1.0.2:5061',
    public_address: '203.0.113.5',
    certificate: '/etc/sip.pem',
    mutual: true,
    state: 'failed',
    english: 'Another program has this port.',
    german: 'Ein anderes Programm hat diesen Port.',
    line_groups: [{ id: 'h1', name: 'Munich' }],
  };
  const audio = { pbx: [], first_port: 1024, last_port: 65535, browsers: ['192.0.2.10:7226'] };
  serving({}, ({ path }) =>
    path.endsWith('/interfaces/sip') ? { body: { listeners: [listener, carrier], audio } } : undefined,
  );
  shown(<SipInterfaces />);
  const table = await screen.findByRole('table', { name: 'SIP and audio' });
  const rows = within(table).getAllByRole('row').slice(1);
  expect(
    rows.map((row) =>
      within(row)
        .getAllByRole('cell')
        .map((cell) => cell.textContent),
    ),
  ).toEqual([
    ['mainlisten.sip', 'UDP, TCP', '0.0.0.0:5060', 'Listens', 'line groups that name none'],
    [
      'carrier[[listener]]',
      'TLS',
      '10.1.0.2:5061PBXs are told 203.0.113.5.Certificate: /etc/sip.pemPBXs must show a certificate.',
      'Does not listen: Another program has this port.',
      'Munich',
    ],
  ]);
  expect(screen.getByRole('link', { name: 'Munich' }).getAttribute('href')).toBe('/admin/line_groups/h1');
  expect(screen.getByText(/UDP ports 1024 to 65535/)).toBeTruthy();
});
