/** The page of captures: what is offered of a line group's audio. */
import { expect, it } from 'vitest';
import { drawn } from '../components/testing';
import type { CaptureAudio } from '../generated/protocol';
import { diagnosisDe } from '../i18n/diagnosis.de';
import { diagnosisEn } from '../i18n/diagnosis.en';
import { Group } from './Captures';

const group = (audio: CaptureAudio, payload = true) =>
  drawn(
    <Group
      group={{ name: 'main', capturing: true, lines: null, audio }}
      lines={['100', '101']}
      payload={payload}
      onSwitch={() => Promise.resolve(true)}
    />,
  );

it('shows how much of the audio is captured', () => {
  for (const audio of ['off', 'headers', 'payload'] as const)
    expect(group(audio)).toMatch(new RegExp(`<option[^>]*value="${audio}"[^>]*selected`));
  expect(group('off')).toContain('Audio of main');
});

it('says that whoever has the file can listen, where that is so', () => {
  const { payloadText } = diagnosisEn.captures;
  expect(group('payload')).toContain(payloadText);
  expect(group('headers')).not.toContain(payloadText);
});

it('offers no voices where numbers have pseudonyms, and says why', () => {
  const html = group('headers', false);
  expect(html).toMatch(/<option(?=[^>]*disabled)[^>]*value="payload"/);
  expect(html).toContain(diagnosisEn.captures.noPayload);
  expect(group('headers')).not.toMatch(/<option(?=[^>]*disabled)/);
});

it('speaks German as well as English', () => {
  expect(Object.keys(diagnosisDe.captures).sort()).toEqual(Object.keys(diagnosisEn.captures).sort());
});
