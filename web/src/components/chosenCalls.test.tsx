/**
 * Calls that are placed elsewhere than in the dialler go with what is chosen for their line.
 *
 * @vitest-environment happy-dom
 */
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepChoice, NOTHING_CHOSEN, type Question } from '../dialling';
import type { Line } from '../generated/protocol';
import type { Phone } from '../phone';
import { initial, type CallEntry } from '../protocol/state';
import { call, line as bare, user } from '../protocol/testing';
import { LinkedNumber } from './LinkedNumber';
import { usePlacing } from './placing';
import { Asking } from './preview';
import { TransferSheet } from './Sheets';
import { rendered } from './testing';

const project = { name: 'Bridge', private: false, pin: 4, user: null };
const line: Line = { ...bare, dialling: { projects: [project], private_pin: null, private_user: null } };
const none = () => undefined;
const asked: Question[] = [];
const ask = (question: Question) => {
  asked.push(question);
  return Promise.resolve(null);
};

beforeEach(() => {
  asked.length = 0;
  localStorage.clear();
});
afterEach(cleanup);

it('asks back with what is chosen, as far as nothing is missing of it', async () => {
  const consult = vi.fn(() => Promise.resolve());
  const running = { call: call({ state: 'connected', services: ['consultation_call'] }) } as CallEntry;
  rendered(
    <Asking value={ask}>
      <TransferSheet
        phone={{ consult } as unknown as Phone}
        conversation={[running]}
        line={line}
        choice={{ ...NOTHING_CHOSEN, private: true, project: 'Bridge' }}
        held={[]}
        onClose={none}
      />
    </Asking>,
  );
  fireEvent.change(screen.getByRole('textbox'), { target: { value: '42' } });
  await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ number: '42', private: true }));
  fireEvent.click(screen.getByRole('button', { name: 'Ask first' }));
  expect(consult).toHaveBeenCalledWith('c1', '42', { private: true });
});

it('calls a number from a link with what is chosen', async () => {
  const called: unknown[] = [];
  keepChoice(user.name, line.number, { ...NOTHING_CHOSEN, private: true });
  const Linked = () => {
    const placing = usePlacing(user.name, ask, (...placed) => called.push(placed));
    const state = { ...initial(user), link: 'online' as const, lines: [line] };
    return <LinkedNumber state={state} number="0301" line="l1" onLine={none} placing={placing} onClose={none} />;
  };
  rendered(
    <Asking value={ask}>
      <Linked />
    </Asking>,
  );
  await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ number: '0301', private: true }));
  fireEvent.click(screen.getByRole('button', { name: 'Call' }));
  await vi.waitFor(() => expect(called).toEqual([['l1', '0301', { private: true }]]));
});
