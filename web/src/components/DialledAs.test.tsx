/**
 * How a number would be dialled, while it is typed.
 *
 * @vitest-environment happy-dom
 */
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Answer, Question } from '../dialling';
import type { Dialling, Line, Preview } from '../generated/protocol';
import { initial, type CallEntry } from '../protocol/state';
import { call, line as bare, user } from '../protocol/testing';
import { Dialer } from './Dialer';
import { DialledAs } from './DialledAs';
import { IncomingCard } from './IncomingCard';
import { usePlacing } from './placing';
import { Asking, type Ask } from './preview';
import { rendered } from './testing';

const dialling: Dialling = {
  projects: [{ name: 'Bridge', private: false, pin: 4, user: null }],
  private_pin: null,
  private_user: null,
};
const line: Line = { ...bare, dialling };
const preview: Preview = {
  dialled: '00895566',
  access_code: '0',
  then: [],
  number: '+49895566',
  shown: '+49 (89) 5566',
  destination: 'external',
  owner: null,
  place: null,
  private: false,
};
const dialled = (fields: Partial<Preview> = {}): Answer => ({ preview: { ...preview, ...fields }, cause: null });
const refused = (code: 'pin_needed' | 'asked_too_often'): Answer => ({
  preview: null,
  cause: { code, sip_status: null, detail: null },
});
const pause = () => act(() => vi.advanceTimersByTimeAsync(1000));

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function shown(answer: Answer, from: Line = line) {
  const ask = vi.fn<Ask>(() => Promise.resolve(answer));
  const drawn = (number: string) => (
    <Asking value={ask}>
      <DialledAs line={from} number={number} />
    </Asking>
  );
  const { container } = rendered(drawn('089 55 66'));
  await pause();
  return { ask, text: container.querySelector('[aria-live]')?.textContent?.replaceAll('\u00a0', ' ') ?? null };
}

it('says whom a number reaches, which way, and what the PBX gets', async () => {
  expect((await shown(dialled())).text).toBe('+49 (89) 5566outside line · dials 0 0895566');
  cleanup();
  const colleague = {
    shown: '42',
    owner: 'Clara Diehl',
    access_code: '',
    dialled: '42',
    destination: 'internal',
  } as const;
  expect((await shown(dialled(colleague))).text).toBe('42 · Clara Diehlinternal · dials 42');
  cleanup();
  const place = { english: 'Munich', german: 'München' };
  expect((await shown(dialled({ place }))).text).toContain('+49 (89) 5566 · Munich');
  cleanup();
  const card = { private: true, then: [{ pause: 1000 }, { digits: '#••#' }] };
  expect((await shown(dialled(card))).text).toContain(
    'outside line · private · dials 0 0895566 · after the answer a pause of 1 s · then the tones #••#',
  );
});

it('says what is missing, and nothing of what the person cannot change', async () => {
  expect((await shown(refused('pin_needed'))).text).toContain('PIN');
  cleanup();
  expect((await shown(refused('asked_too_often'))).text).toBe('');
});

it('asks nothing on a line without a location, and shows nothing there', async () => {
  const { ask, text } = await shown(dialled(), bare);
  expect(ask).not.toHaveBeenCalled();
  expect(text).toBeNull();
});

function dialer(answer: Answer, lines = [line]) {
  const asked: Question[] = [];
  const called: unknown[] = [];
  const ask: Ask = (question) => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  const state = { ...initial(user), link: 'online' as const, lines };
  const none = () => undefined;
  const Both = () => {
    const [from, setFrom] = useState('l1');
    const placing = usePlacing(user.name, ask, (...call) => called.push(call));
    return (
      <>
        <button onClick={() => void placing.place(line, '089')}>Call again</button>
        <Dialer
          state={state}
          listening={false}
          last=""
          line={from}
          onLine={setFrom}
          placing={placing}
          onPickUp={none}
          onClose={null}
        >
          {null}
        </Dialer>
      </>
    );
  };
  rendered(
    <Asking value={ask}>
      <Both />
    </Asking>,
  );
  return { asked, called };
}
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

it('asks once the person pauses, and not with every key', async () => {
  const { asked } = dialer(dialled());
  for (const number of ['0', '08', '089']) type('Number', number);
  await pause();
  expect(asked).toEqual([{ type: 'preview_number', line: 'l1', number: '089' }]);
});

it('calls with the project and its PIN, which is entered for each call', async () => {
  const { asked, called } = dialer(dialled());
  expect(screen.queryByLabelText('PIN')).toBeNull();
  type('Project', 'Bridge');
  type('PIN', '12a345');
  fireEvent.click(screen.getByRole('button', { name: 'Private' }));
  expect(screen.getByRole('button', { name: 'Private', pressed: true })).toBeTruthy();
  type('Number', '089');
  await pause();
  const chosen = { project: 'Bridge', private: true, pin: '1234' };
  expect(asked.at(-1)).toEqual({ type: 'preview_number', line: 'l1', number: '089', ...chosen });
  fireEvent.click(screen.getByRole('button', { name: 'Call' }));
  expect(called).toEqual([['l1', '089', chosen]]);
  expect(screen.getByLabelText<HTMLInputElement>('PIN').value).toBe('');
  cleanup();
  dialer(dialled());
  expect(screen.getByLabelText<HTMLSelectElement>('Project').value).toBe('Bridge');
  expect(JSON.stringify({ ...localStorage })).not.toContain('1234');
});

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const press = (name: string) => act(async () => fireEvent.click(screen.getByRole('button', { name })));

it('calls nobody while a PIN is missing, keeps the number and asks for the PIN', async () => {
  const { called } = dialer(refused('pin_needed'));
  type('Project', 'Bridge');
  type('PIN', '12');
  type('Number', '089');
  await press('Call');
  expect(called).toEqual([]);
  expect(field('Number').value).toBe('089');
  expect(document.activeElement).toBe(field('PIN'));
});

it('calls where the server says that the number needs no PIN', async () => {
  const { called } = dialer(dialled());
  type('Project', 'Bridge');
  type('Number', '112');
  await press('Call');
  expect(called).toEqual([['l1', '112', { project: 'Bridge' }]]);
});

it('calls again with what is chosen, and asks for a PIN that is missing', async () => {
  const { called } = dialer(refused('pin_needed'), [line, { ...line, id: 'l2', number: '202' }]);
  type('Project', 'Bridge');
  type('PIN', '1234');
  await press('Call again');
  expect(called).toEqual([['l1', '089', { project: 'Bridge', pin: '1234' }]]);
  type('Line', 'l2');
  expect(screen.queryByLabelText('PIN')).toBeNull();
  await press('Call again');
  expect(called).toHaveLength(1);
  expect(field('Number').value).toBe('089');
  expect(document.activeElement).toBe(field('PIN'));
  expect(screen.getByLabelText<HTMLSelectElement>('Line').value).toBe('l1');
});

it('says nothing of the way of a number that goes as it is typed', async () => {
  dialer(dialled({ dialled: '600', access_code: '' }));
  type('Number', '!600');
  await pause();
  const text = document.querySelector('[aria-live]')?.textContent ?? '';
  expect(text).toContain('dials 600');
  expect(text).not.toContain('outside line');
});

it('asks how a call that rings is sent on, which may be by the PBX', async () => {
  const ask = vi.fn<Ask>(() => Promise.resolve(dialled()));
  const entry: CallEntry = {
    call: call({ services: ['deflect_call'] }),
    connectedAt: null,
    heldAt: null,
    rang: true,
    answering: false,
    pending: null,
    notice: null,
    outcome: null,
    muted: false,
    received: '',
    sent: '',
    audio: 'connected',
  };
  const none = () => undefined;
  const on = { onAnswer: none, onDecline: none, onDeflect: none };
  rendered(
    <Asking value={ask}>
      <IncomingCard entry={entry} line={line} inCall={false} talkingTo={null} first {...on} />
    </Asking>,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Send elsewhere' }));
  type('Send to number', '0171');
  await pause();
  expect(ask.mock.calls).toEqual([[{ type: 'preview_number', line: 'l1', number: '0171', forwarding: true }]]);
});
