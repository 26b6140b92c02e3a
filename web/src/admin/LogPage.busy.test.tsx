// @vitest-environment happy-dom
/** What is being set keeps the focus, shows what was wanted, and takes nothing more until the server has answered. */
import { act, cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import type { Log } from '../generated/protocol';
import { Settings } from './LogPage';

const report: Log = {
  areas: [{ area: 'sip', level: 'info' }],
  files: [],
  total: 0,
  total_limit: 0,
  stopped: null,
  missing: { files: 0, stderr: 0, system: 0 },
  system: null,
  system_problem: null,
};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('keeps the focus on a level while it is set', async () => {
  let answer: (response: Response) => void = () => undefined;
  const asked = vi.fn(() => new Promise<Response>((resolve) => (answer = resolve)));
  vi.stubGlobal('fetch', asked);
  const keys = userEvent.setup({ delay: null });
  rendered(<Settings report={report} again={() => Promise.resolve()} />);
  const level = screen.getByRole<HTMLSelectElement>('combobox', { name: 'What is logged of SIP' });
  await keys.selectOptions(level, 'debug');
  level.focus();
  expect(level.value).toBe('debug');
  expect(level.disabled).toBe(false);
  expect(level.getAttribute('aria-disabled')).toBe('true');
  await keys.selectOptions(level, 'trace');
  expect(asked).toHaveBeenCalledTimes(1);
  await act(async () => {
    answer(new Response(null, { status: 204 }));
    await Promise.resolve();
  });
  expect(document.activeElement).toBe(level);
});
