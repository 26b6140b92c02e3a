/** What can be set, and what can only be taken back. */
import { expect, it } from 'vitest';
import type { Line, Service } from '../generated/protocol';
import type { Phone } from '../phone';
import { line } from '../protocol/testing';
import { DoNotDisturb } from './DoNotDisturb';
import { hasSettings, LineSettings } from './LineSettings';
import { drawn } from './testing';

const phone = {} as Phone;
const set: Partial<Line> = {
  do_not_disturb: true,
  forwardings: [{ kind: 'busy', callers: 'all', to: '303', after: null }],
  remote_office: '0171 1',
};
const functions: Service[] = ['set_do_not_disturb', 'set_forwarding', 'set_remote_office'];
const settings = (fields: Partial<Line>) =>
  drawn(<LineSettings phone={phone} lines={[{ ...line, ...fields }]} chosen="l1" onChoose={() => undefined} />);

it('shows what was set before its function was switched off, to take it back and nothing else', () => {
  const html = settings({ ...set, services: [] });
  expect(hasSettings({ ...line, ...set, services: [] })).toBe(true);
  for (const text of ['Do not disturb', 'Remove: When busy', '303', '0171 1', 'Switch off', 'only be taken back']) {
    expect(html).toContain(text);
  }
  for (const text of ['Add forwarding', 'Change: When busy', 'Nothing can be set']) expect(html).not.toContain(text);
});

it('shows nothing of functions that are off and were not used', () => {
  expect(hasSettings({ ...line, services: [] })).toBe(false);
  const html = settings({ services: [] });
  expect(html).toContain('Nothing can be set');
  for (const text of ['Do not disturb', 'Call forwarding', 'Remote office']) expect(html).not.toContain(text);
});

it('offers to set what is switched on', () => {
  const html = settings({ ...set, services: functions });
  for (const text of ['Add forwarding', 'Change: When busy', 'Remove: When busy']) expect(html).toContain(text);
  expect(html).not.toContain('only be taken back');
});

it('keeps the way out of do not disturb in sight', () => {
  const button = (fields: Partial<Line>) =>
    drawn(<DoNotDisturb phone={phone} lines={[{ ...line, ...fields }]} disabled={false} onFailure={() => undefined} />);
  expect(button({ services: [], do_not_disturb: true })).toContain('Switch off');
  expect(button({ services: [] })).not.toContain('Do not disturb');
});
