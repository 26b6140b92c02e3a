// @vitest-environment happy-dom
/** Certificates that an authority gives, in a browser. */
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { AcmeState, CertificateState } from '../../generated/site';
import { Certificates } from './Certificates';
import { serving, shown, stored, type Answer, type Asked } from './testing';

const acme = {
  directory: 'https://acme-v02.api.letsencrypt.org/directory',
  ca: '',
  contact: 'it@example.com',
  terms_accepted: true,
};
const certificate = { name: 'web', source: 'acme', names: ['pbx.example.com'], chain: '', acme };

const working: AcmeState = {
  standing: 'working',
  steps: [
    { step: 'account', name: '', outcome: 'done', asked: false },
    { step: 'prove', name: 'pbx.example.com', outcome: 'doing', asked: true },
  ],
  next_at: null,
  failure: null,
  answers_at: ['0.0.0.0:80'],
};
const failed: AcmeState = {
  ...working,
  standing: 'failed',
  steps: [{ step: 'prove', name: 'pbx.example.com', outcome: 'failed', asked: false }],
  next_at: Date.now() + 900_000,
  failure: {
    at: Date.now() - 60_000,
    english: 'The authority did not reach http://pbx.example.com/ at port 80: refused.',
    german: 'Die Zertifizierungsstelle hat http://pbx.example.com/ an Port 80 nicht erreicht: refused.',
    fix_english: 'Check the firewall.',
    fix_german: 'Bitte die Firewall prüfen.',
  },
  answers_at: ['0.0.0.0:7224'],
};
const valid: AcmeState = { ...working, standing: 'valid', next_at: Date.now() + 47 * 86_400_000 };

const state = (acme: AcmeState | null, valid_to = 0): CertificateState => ({
  id: 'z1',
  names: ['pbx.example.com'],
  subject: '',
  issuer: '',
  valid_from: 0,
  valid_to,
  fingerprint: '',
  used_by: ['Web'],
  problem: null,
  acme,
});

function server(states: () => AcmeState, chain = '', more: (asked: Asked) => Answer | undefined = () => undefined) {
  return serving({ certificates: { z1: stored('z1', { ...certificate, chain }) } }, (asked) =>
    asked.path.endsWith('/states')
      ? { body: { certificates: [state(states(), chain === '' ? 0 : Date.now() + 77 * 86_400_000)] } }
      : more(asked),
  );
}

// Text fields that grow ask it, and the browser of the tests has none.
beforeAll(() => Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true }));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('asks an authority for a certificate with what is entered', async () => {
  const { sent } = serving({ certificates: {} }, ({ path }) =>
    path.endsWith('/states') ? { body: { certificates: [] } } : undefined,
  );
  shown(<Certificates />);
  const keys = userEvent.setup({ document });
  await keys.click(screen.getByRole('button', { name: 'New certificate' }));
  await keys.selectOptions(screen.getByRole('combobox', { name: 'How' }), 'acme');
  await screen.findByText(/at port 80 of every name/);
  await keys.type(screen.getByRole('textbox', { name: /^Name/ }), 'web');
  await keys.type(screen.getByRole('textbox', { name: /^Host names/ }), 'pbx.example.com{enter}phone.example.com');
  await keys.type(screen.getByRole('textbox', { name: /^E-mail/ }), 'it@example.com');
  await keys.click(screen.getByRole('checkbox', { name: /terms of service/ }));
  await keys.click(screen.getByRole('button', { name: 'Get certificate' }));
  await waitFor(() =>
    expect(sent()).toMatchObject([
      { method: 'POST', body: { name: 'web', source: 'acme', names: ['pbx.example.com', 'phone.example.com'], acme } },
    ]),
  );
});

it('asks another authority for the place of its directory, and says what is wrong beside the field', async () => {
  const detail = "The authority's terms of service must be accepted.";
  const error = { code: 'terms_not_accepted', detail, german: '' };
  serving({ certificates: {} }, ({ path, method }) => {
    if (path.endsWith('/states')) return { body: { certificates: [] } };
    const errors = [{ ...error, pointer: '/acme/terms_accepted' }];
    return method === 'POST' ? { status: 422, body: { ...error, errors } } : undefined;
  });
  shown(<Certificates />);
  const keys = userEvent.setup({ document });
  await keys.click(screen.getByRole('button', { name: 'New certificate' }));
  await keys.selectOptions(screen.getByRole('combobox', { name: 'How' }), 'acme');
  expect(screen.queryByRole('textbox', { name: /^URL/ })).toBeNull();
  await keys.selectOptions(screen.getByRole('combobox', { name: 'Authority' }), 'own');
  await keys.type(screen.getByRole('textbox', { name: /^URL/ }), 'https://ca.lan/dir');
  await keys.click(screen.getByRole('button', { name: 'Get certificate' }));
  await screen.findByText(detail);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('checkbox', { name: /terms of service/ })));
});

it('takes a PKCS#12 file with its password', async () => {
  const error = { code: 'wrong_file_password', detail: 'This password does not open the file.', german: '' };
  const { sent } = serving({ certificates: {} }, ({ path, method, body }) => {
    if (path.endsWith('/states')) return { body: { certificates: [] } };
    const wrong = method === 'POST' && (body as { password: string }).password !== 'geheim';
    return wrong ? { status: 422, body: { ...error, errors: [{ ...error, pointer: '/password' }] } } : undefined;
  });
  shown(<Certificates />);
  const keys = userEvent.setup({ document });
  await keys.click(screen.getByRole('button', { name: 'New certificate' }));
  await keys.type(screen.getByRole('textbox', { name: /^Name/ }), 'web');
  const input = document.querySelector<HTMLInputElement>('input[accept*=".p12"]');
  if (!input) throw new Error('no field for a file');
  await keys.upload(input, new File([new Uint8Array([0x30, 0x82, 0xff])], 'web.p12'));
  await screen.findByText('PKCS#12 file web.p12, with certificate, chain and key');
  await keys.type(screen.getByLabelText('Password of the file'), 'falsch');
  await keys.click(screen.getByRole('button', { name: 'Save certificate' }));
  await screen.findByText('This password does not open the file.');
  await keys.clear(screen.getByLabelText('Password of the file'));
  await keys.type(screen.getByLabelText('Password of the file'), 'geheim');
  await keys.click(screen.getByRole('button', { name: 'Save certificate' }));
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]).toMatchObject({ body: { name: 'web', source: 'uploaded', pkcs12: 'MIL/', password: 'geheim' } });
});

it('shows each step while the authority is asked, and what has come after it', async () => {
  let now = working;
  server(() => now);
  shown(<Certificates />);
  const steps = within(await screen.findByRole('list', { name: 'Steps' })).getAllByRole('listitem');
  expect(steps.map((step) => step.textContent)).toEqual([
    'Account at the authorityDone.',
    'Proof that pbx.example.com leads hereUnder way … The authority has asked this server.',
  ]);
  expect(screen.getByText(/own certificate is shown/)).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Download' })).toBeNull();
  now = valid;
  await screen.findByText(/It is renewed in/, {}, { timeout: 5000 });
  expect(screen.queryByRole('list', { name: 'Steps' })).toBeNull();
});

it('says why none came, what to do, where it is asked, and tries again', async () => {
  const { sent } = server(() => failed);
  shown(<Certificates />);
  await screen.findByText('The authority did not reach http://pbx.example.com/ at port 80: refused.');
  expect(screen.getByText('Check the firewall.')).toBeTruthy();
  expect(screen.getByText(/It is tried again in/)).toBeTruthy();
  expect(screen.getByText(/No question of the authority has come/)).toBeTruthy();
  expect(screen.getByText(/answers it at 0.0.0.0:7224, not at port 80/)).toBeTruthy();
  await userEvent.setup({ document }).click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() =>
    expect(sent()).toMatchObject([{ method: 'PUT', body: { name: 'web', source: 'acme', acme, renew: true } }]),
  );
});

it('lets nobody change one who may only look', async () => {
  server(() => valid, 'PEM');
  shown(<Certificates />, 'read_only');
  await screen.findByText(/It is renewed in/);
  expect(screen.getByRole('link', { name: 'Download' })).toBeTruthy();
  expect(screen.queryByRole('button')).toBeNull();
});
