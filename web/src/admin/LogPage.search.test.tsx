// @vitest-environment happy-dom
/** Looking for a call in the log: one question for what was typed, and lines in sight meanwhile. */
import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import { Newest } from './LogPage';

const line = {
  seq: 1,
  at: 0,
  level: 'info',
  area: 'sip',
  target: 'offhook',
  message: 'something happened',
  call: null,
  line: null,
  group: null,
  user: null,
  fields: {},
};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('asks once for a call that is typed, and shows what was there until then', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    if (!url.includes('call=')) return Promise.resolve(Response.json({ now: 0, lines: [line] }));
    return new Promise<Response>(() => undefined);
  });
  rendered(<Newest />);
  await screen.findByText('something happened');
  await userEvent.setup({ delay: null }).type(screen.getByRole('textbox', { name: 'Call' }), '1234');
  await waitFor(() => expect(asked.some((url) => url.includes('call='))).toBe(true));
  expect(asked.filter((url) => url.includes('call='))).toEqual(['/api/v1/admin/log/lines?limit=200&call=1234']);
  expect(screen.getByText('something happened')).toBeTruthy();
});
