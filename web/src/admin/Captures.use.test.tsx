// @vitest-environment happy-dom
/** Choosing what is captured of a line group: what is asked of the server, and what stays chosen. */
import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { rendered } from '../components/testing';
import type { CaptureChange } from '../generated/protocol';
import { Group } from './Captures';

function show({ capturing, lines = null }: { capturing: boolean; lines?: string[] | null }, done = true) {
  const onSwitch = vi.fn<(change: CaptureChange) => Promise<boolean>>(() => Promise.resolve(done));
  rendered(
    <Group
      group={{ name: 'main', capturing, lines, audio: 'off' }}
      lines={['100', '101', '102']}
      payload
      onSwitch={onSwitch}
    />,
  );
  return { onSwitch, keys: userEvent.setup({ delay: null }) };
}
const audio = () => screen.getByRole<HTMLSelectElement>('combobox', { name: 'Audio of main' });
const lines = () => screen.getByRole('combobox', { name: 'Lines of main' });
const choose = async (keys: ReturnType<typeof userEvent.setup>, line: string) => {
  await keys.click(lines());
  await keys.click(await screen.findByRole('option', { name: line }));
};

afterEach(cleanup);

it('sends another kind of audio at once where nothing else is being chosen', async () => {
  const { onSwitch, keys } = show({ capturing: true, lines: ['100'] });
  await keys.selectOptions(audio(), 'headers');
  expect(onSwitch.mock.calls).toEqual([[{ capturing: true, lines: ['100'], audio: 'headers' }]]);
});

it('sends the audio with the lines that are being chosen, never with all of them', async () => {
  const { onSwitch, keys } = show({ capturing: true });
  await keys.click(screen.getByRole('radio', { name: 'Only these lines' }));
  await choose(keys, '100');
  await keys.selectOptions(audio(), 'payload');
  expect(onSwitch).not.toHaveBeenCalled();
  expect(audio().value).toBe('payload');
  await keys.click(screen.getByRole('button', { name: 'Apply' }));
  expect(onSwitch.mock.calls).toEqual([[{ capturing: true, lines: ['100'], audio: 'payload' }]]);
});

it('asks which lines rather than capture all of them', async () => {
  const { onSwitch, keys } = show({ capturing: false });
  await keys.click(screen.getByRole('radio', { name: 'Only these lines' }));
  await keys.click(screen.getByRole('switch', { name: 'Capture main' }));
  expect(onSwitch).not.toHaveBeenCalled();
  await screen.findByText('Choose the lines that are to be captured.');
  expect(document.activeElement).toBe(lines());
  await choose(keys, '101');
  expect(screen.queryByText('Choose the lines that are to be captured.')).toBeNull();
  await keys.click(screen.getByRole('switch', { name: 'Capture main' }));
  expect(onSwitch.mock.calls).toEqual([[{ capturing: true, lines: ['101'], audio: 'off' }]]);
});

it('switches off whatever is being chosen', async () => {
  const { onSwitch, keys } = show({ capturing: true });
  await keys.click(screen.getByRole('radio', { name: 'Only these lines' }));
  await keys.click(screen.getByRole('switch', { name: 'Capture main' }));
  expect(onSwitch.mock.calls).toEqual([[{ capturing: false, lines: null, audio: 'off' }]]);
});

it('keeps what was chosen where the server has not taken it', async () => {
  const { onSwitch, keys } = show({ capturing: false }, false);
  await keys.click(screen.getByRole('radio', { name: 'Only these lines' }));
  await choose(keys, '102');
  await keys.selectOptions(audio(), 'headers');
  await keys.click(screen.getByRole('switch', { name: 'Capture main' }));
  await waitFor(() => expect(screen.getByRole('switch').getAttribute('aria-disabled')).toBe('false'));
  await keys.click(screen.getByRole('switch', { name: 'Capture main' }));
  expect(onSwitch).toHaveBeenCalledTimes(2);
  expect(onSwitch.mock.lastCall).toEqual([{ capturing: true, lines: ['102'], audio: 'headers' }]);
});
