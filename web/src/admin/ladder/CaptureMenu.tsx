/** Captures a call that runs, and shows whether it is captured already: by itself, or with its line group. */
import { Button, Menu } from '@mantine/core';
import { IconCheck, IconPlayerRecord, IconPlayerRecordFilled } from '@tabler/icons-react';
import type { CaptureAudio, Captures, Trace } from '../../generated/protocol';
import { useTranslation } from '../../i18n';
import { useAttempt } from '../announce';
import { captureCall, captures } from '../diagnosis';
import { useWatched } from '../poller';
import { useMayChange } from '../site/role';
import classes from './CaptureMenu.module.css';

const EVERY = 5000;
const KINDS = ['off', 'headers', 'payload'] as const;

/** What of a call is captured. */
export interface Captured {
  /** Because it was chosen. */
  own: CaptureAudio | null;
  /** Because its line group is, or its line: the name of the group. */
  group: string | null;
  groupAudio: CaptureAudio;
}

/** What of a call is captured, by what is said of all captures. */
export function capturedOf(
  report: Captures | null,
  { id, group, line }: Pick<Trace, 'id' | 'group' | 'line'>,
): Captured {
  const own = report?.calls.find((call) => call.id === id)?.audio ?? null;
  const its = report?.groups.find(({ name, capturing }) => capturing && name === group);
  const chosen = its && (its.lines === null || (line !== null && its.lines.includes(line)));
  return { own, group: chosen ? its.name : null, groupAudio: chosen ? its.audio : 'off' };
}

export function CaptureMenu({ trace }: { trace: Trace }) {
  const { report, again } = useWatched('captures', captures, { every: EVERY });
  const attempt = useAttempt();
  const { texts } = useTranslation();
  const t = texts.admin.ladder;
  const send = async (capturing: boolean, audio: CaptureAudio) => {
    await attempt(() => captureCall(trace.id, { capturing, audio }), capturing ? t.captured : t.notCaptured);
    await again();
  };
  return (
    <CaptureChoice
      captured={capturedOf(report, trace)}
      payload={report?.payload_allowed ?? true}
      may={useMayChange('captures')}
      onChoose={(audio) => void send(true, audio)}
      onStop={() => void send(false, 'off')}
    />
  );
}

interface ChoiceProps {
  captured: Captured;
  /** Whether voices may be captured. */
  payload: boolean;
  /** Whether who looks may change it. */
  may: boolean;
  onChoose: (audio: CaptureAudio) => void;
  onStop: () => void;
}

export function CaptureChoice({ captured, payload, may, onChoose, onStop }: ChoiceProps) {
  const { texts } = useTranslation();
  const t = texts.admin.ladder;
  const { own, group, groupAudio } = captured;
  const active = own !== null || group !== null;
  return (
    <Menu position="bottom-end" width={320}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          data-capturing={active || undefined}
          className={classes.button}
          leftSection={
            active ? <IconPlayerRecordFilled size={16} aria-hidden /> : <IconPlayerRecord size={16} aria-hidden />
          }
        >
          {active ? t.capturing : t.capture}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {group !== null && (
          <Menu.Label className={classes.now}>{t.capturedWith(group, t.captureKinds[groupAudio])}</Menu.Label>
        )}
        {own !== null && <Menu.Label className={classes.now}>{t.captured}</Menu.Label>}
        <Menu.Label>{t.captureText}</Menu.Label>
        <Menu.RadioGroup value={own ?? ''}>
          {KINDS.map((audio) => (
            <Menu.RadioItem
              key={audio}
              value={audio}
              closeMenuOnClick
              disabled={!may || (audio === 'payload' && !payload)}
              checkIcon={<IconCheck size={16} aria-hidden />}
              onChange={() => onChoose(audio)}
            >
              {t.captureKinds[audio]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        {!payload && <Menu.Label>{texts.admin.captures.noPayload}</Menu.Label>}
        {own !== null && (
          <>
            <Menu.Divider />
            <Menu.Item disabled={!may} onClick={onStop}>
              {t.captureStop}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
