/** The menu that captures a call: what it says of what is captured already. */
import { expect, it } from 'vitest';
import { drawn } from '../../components/testing';
import type { Captures } from '../../generated/protocol';
import { diagnosisDe } from '../../i18n/diagnosis.de';
import { diagnosisEn } from '../../i18n/diagnosis.en';
import { CaptureChoice, capturedOf } from './CaptureMenu';

const t = diagnosisEn.ladder;
const call = { id: '7', group: 'main', line: '100' };

const report = (fields: Partial<Captures>): Captures => ({
  groups: [],
  files: [],
  calls: [],
  dropped: 0,
  dropped_packets: 0,
  payload_allowed: true,
  stopped: null,
  total_limit: 1,
  total: 0,
  ...fields,
});
const group = (capturing: boolean, lines: string[] | null) =>
  report({ groups: [{ name: 'main', capturing, lines, audio: 'headers' }] });

it('knows a call by itself, by its line group and by its line', () => {
  const none = { own: null, group: null, groupAudio: 'off' };
  expect(capturedOf(null, call)).toEqual(none);
  expect(capturedOf(report({ calls: [{ id: '8', audio: 'off' }] }), call)).toEqual(none);
  expect(capturedOf(report({ calls: [{ id: '7', audio: 'off' }] }), call).own).toBe('off');
  expect(capturedOf(group(true, null), call)).toEqual({ own: null, group: 'main', groupAudio: 'headers' });
  expect(capturedOf(group(true, ['100']), call).group).toBe('main');
  expect(capturedOf(group(true, ['101']), call)).toEqual(none);
  expect(capturedOf(group(false, null), call)).toEqual(none);
});

const menu = (captured: Parameters<typeof CaptureChoice>[0]['captured']) =>
  drawn(<CaptureChoice captured={captured} payload may onChoose={() => {}} onStop={() => {}} />);

it('says on the button that the call is captured', () => {
  const idle = menu({ own: null, group: null, groupAudio: 'off' });
  expect(idle).toContain(t.capture);
  expect(idle).not.toContain(t.capturing);
  for (const captured of [
    { own: 'off' as const, group: null, groupAudio: 'off' as const },
    { own: null, group: 'main', groupAudio: 'off' as const },
  ]) {
    const html = menu(captured);
    expect(html).toContain(t.capturing);
    expect(html).toContain('data-capturing');
  }
});

it('speaks German as well as English', () => {
  expect(Object.keys(diagnosisDe.ladder).sort()).toEqual(Object.keys(diagnosisEn.ladder).sort());
});
