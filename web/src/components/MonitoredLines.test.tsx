// @vitest-environment happy-dom
/** What is shown of lines of others, and how a call is picked up there. */
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Line, MonitoredLine } from '../generated/protocol';
import type { Phone } from '../phone';
import { line, monitored, monitoredCall } from '../protocol/testing';
import { MonitoredLines, statusOf } from './MonitoredLines';
import { rendered } from './testing';

afterEach(cleanup);

const set = vi.fn((_request: unknown) => Promise.resolve(null));
const phone = { set } as unknown as Phone;
const own: Line = { ...line, services: ['make_call', 'directed_pickup_call'] };
const ringing = monitoredCall({ services: ['directed_pickup_call'], number: '0171 1', shown: '0171 1', name: 'Mira' });
const shown = (lines: MonitoredLine[], mine: Line[] = [own], onPickUp = vi.fn()) => {
  rendered(
    <MonitoredLines phone={phone} monitored={lines} lines={mine} rings={false} disabled={false} onPickUp={onPickUp} />,
  );
  return onPickUp;
};

it('shows nothing where there is no such line', () => {
  shown([]);
  expect(screen.queryByRole('region')).toBeNull();
});

it('says how it stands, and who calls as far as that may be seen', () => {
  shown([
    monitored({ calls: [monitoredCall()] }),
    monitored({
      id: 'l8',
      number: '208',
      owner: null,
      calls: [monitoredCall({ direction: 'outgoing', number: '5', shown: '5' })],
    }),
  ]);
  const text = screen.getByRole('region', { name: 'Lines of others' }).textContent;
  for (const part of ['Clara Diehl', '207', 'Ringing', 'Incoming call', '208', 'Call to 5'])
    expect(text).toContain(part);
});

it('picks up by a line of the same group, with a button that says whose call it is', () => {
  const pickUp = shown([monitored({ calls: [ringing] })], [{ ...own, id: 'l0', line_group: 'Other' }, own]);
  fireEvent.click(screen.getByRole('button', { name: 'Pick up the call at Clara Diehl' }));
  expect(pickUp).toHaveBeenCalledWith('l1', '207');
});

it('says why a call cannot be taken, and offers nothing without the right', () => {
  shown([monitored({ calls: [ringing] })], [{ ...own, line_group: 'Other' }]);
  const button = screen.getByRole('button', { name: 'Pick up the call at Clara Diehl' });
  expect(button).toHaveProperty('disabled', true);
  expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
    'no line of Main',
  );
  cleanup();
  shown([monitored({ calls: [monitoredCall()] })]);
  expect(screen.queryByRole('button')).toBeNull();
});

it('shows forwarding without its number where that may not be seen, and ringing lines first', () => {
  shown([
    monitored({ forwardings: [{ kind: 'busy', callers: 'external', to: null, after: null }], do_not_disturb: true }),
    monitored({ id: 'l8', number: '208', owner: 'Ben', calls: [ringing] }),
  ]);
  const text = screen.getByRole('region').textContent ?? '';
  expect(text).toContain('Forwarded when busy (external)');
  expect(text).toContain('Do not disturb');
  expect(text.indexOf('Ben')).toBeLessThan(text.indexOf('Clara'));
});

it('lets who may set the forwarding of a line, also where its number is hidden', async () => {
  const forwardings = [{ kind: 'busy', callers: 'external', to: null, after: null }] as const;
  shown([monitored({ forwardings: [...forwardings] })]);
  expect(screen.queryByRole('button')).toBeNull();
  cleanup();
  shown([monitored({ forwardings: [...forwardings], services: ['set_forwarding'] })]);
  fireEvent.click(screen.getByRole('button', { name: 'Call forwarding of Clara Diehl' }));
  expect(await screen.findByText('Hidden number')).not.toBeNull();
  fireEvent.click(await screen.findByRole('button', { name: /^Remove: When busy/ }));
  expect(set.mock.calls[0]?.[0]).toMatchObject({ type: 'cancel_forwarding', line: 'l7', kind: 'busy' });
});

it('tells free, busy and out of use apart', () => {
  const talks = monitoredCall({ state: 'connected', connected_at: 1 });
  expect(statusOf(monitored())).toBe('free');
  expect(statusOf(monitored({ state: 'failed' }))).toBe('unusable');
  expect(statusOf(monitored({ calls: [talks] }))).toBe('talking');
  expect(statusOf(monitored({ calls: [talks, monitoredCall()] }))).toBe('ringing');
  expect(statusOf(monitored({ calls: [{ ...talks, connected_at: null }] }))).toBe('calling');
  expect(statusOf(monitored({ calls: [{ ...talks, state: 'held' }] }))).toBe('held');
});
