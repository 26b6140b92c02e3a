/**
 * How a number would be dialled, while it is typed.
 *
 * @vitest-environment happy-dom
 */
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Answer, Question } from '../dialling';
import type { Dialling, Line, Preview } from '../generated/protocol';
import { initial } from '../protocol/state';
import { line as bare, user } from '../protocol/testing';
import { Dialer } from './Dialer';
import { DialledAs } from './DialledAs';
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

function dialer(answer: Answer) {
  const asked: Question[] = [];
  const called: unknown[] = [];
  const ask: Ask = (question) => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  const state = { ...initial(user), link: 'online' as const, lines: [line] };
  const none = () => undefined;
  rendered(
    <Asking value={ask}>
      <Dialer
        state={state}
        listening={false}
        last=""
        line="l1"
        onLine={none}
        onCall={(...call) => called.push(call)}
        onPickUp={none}
        onClose={null}
      >
        {null}
      </Dialer>
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
