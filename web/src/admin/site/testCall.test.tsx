// @vitest-environment happy-dom
/** A test call in a browser. */
import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { TestCall as Report } from '../../generated/site';
import { TestCall } from './TestCall';
import { serving, shown, type Answer, type Asked } from './testing';

const step = (name: string, outcome: string, english: string) => ({ step: name, outcome, english, german: '' });
const rings: Report = {
  id: '7',
  line: '100',
  number: '300',
  over: false,
  ok: false,
  steps: [
    step('dial', 'done', 'The PBX calls 300.'),
    step('ring', 'waiting', 'It does not ring there yet.'),
    step('answer', 'waiting', 'Waiting for somebody to answer.'),
    step('audio', 'waiting', 'Listening whether audio arrives.'),
  ] as Report['steps'],
  verdict: null,
};
const verdict = {
  code: 'busy',
  severity: 'usual' as const,
  english: '300 is busy.',
  german: '',
  fix_english: 'Try again.',
  fix_german: '',
  evidence: [],
};

const server = (more: (asked: Asked) => Answer | undefined) => serving({}, more);
const keyboard = () => userEvent.setup({ delay: null });
const button = (name: string) => screen.getByRole('button', { name });

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('calls with Enter without sending the form around it, and shows what has happened and what is awaited', async () => {
  const { sent } = server(({ method }) => ({ status: method === 'POST' ? 201 : 200, body: rings }));
  const submitted = vi.fn();
  shown(
    <form onSubmit={submitted}>
      <TestCall line="l1" />
    </form>,
  );
  await keyboard().type(screen.getByLabelText('Number to call', { selector: 'input' }), '300{Enter}');
  await screen.findByText('The PBX calls 300.');
  expect(sent()[0]).toMatchObject({ path: '/api/v1/admin/lines/l1/test-call', body: { number: '300' } });
  expect(screen.getByText('It does not ring there yet.')).toBeTruthy();
  expect(screen.queryByText('Waiting for somebody to answer.')).toBeNull();
  expect(submitted).not.toHaveBeenCalled();
  await keyboard().click(button('End the call'));
  await waitFor(() => expect(sent()[1]).toMatchObject({ method: 'DELETE', path: '/api/v1/admin/test-calls/7' }));
});

it('says why it was not answered, and what to try', async () => {
  const steps = [step('dial', 'done', 'The PBX calls 300.'), step('answer', 'failed', 'The call was not answered.')];
  const over = { ...rings, over: true, steps, verdict };
  const { asked } = server(({ method }) => (method === 'POST' ? { status: 201, body: rings } : { body: over }));
  shown(<TestCall line="l1" proposals={['300']} />);
  await keyboard().click(button('Call now'));
  await screen.findByText('300 is busy.', undefined, { timeout: 3000 });
  expect(screen.getByText('Try again.', { exact: false })).toBeTruthy();
  expect(screen.getByRole('link').getAttribute('href')).toBe('/admin/calls/7');
  expect(button('Call now')).toBeTruthy();
  expect(asked.filter(({ method }) => method === 'GET')).toHaveLength(1);
});

it('says beside the number what is wrong with it', async () => {
  const error = { pointer: '/number', code: 'emergency_number', detail: 'This is an emergency number.' };
  server(() => ({ status: 422, body: { code: 'emergency_number', detail: '', errors: [error] } }));
  shown(<TestCall line="l1" proposals={['112']} />);
  await keyboard().click(button('Call now'));
  await screen.findByText(/emergency number/);
  expect(screen.getByLabelText('Number to call', { selector: 'input' }).getAttribute('aria-invalid')).toBe('true');
});
