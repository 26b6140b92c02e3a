/** Captures: what is captured, and the files that came of it. */
import { Button, MultiSelect, NativeSelect, SegmentedControl, Switch } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { BusyButton } from '../components/BusyButton';
import type { CaptureAudio, CaptureChange, CaptureGroup, LineGroup } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { useAttempt } from './announce';
import classes from './Captures.module.css';
import frame from './Console.module.css';
import { capture, captureCall, captures, captureUrl, CAPTURES_ZIP, deleteCapture } from './diagnosis';
import { Files } from './Files';
import { PageHead } from './PageHead';
import { useWatched } from './poller';
import { inLanguage } from './site/rights';
import { useMayChange } from './site/role';

const EVERY = 5000;
/** Lines that are offered at once; typing finds the others. */
const OFFERED = 60;

export function Captures({ groups }: { groups: LineGroup[] }) {
  const { texts, language } = useTranslation();
  const attempt = useAttempt();
  const { report, failure, again } = useWatched('captures', captures, { every: EVERY });
  const may = useMayChange('captures');
  const t = texts.admin.captures;

  const heading = <PageHead title={t.title} lead={t.lead} />;
  if (report === null) {
    return (
      <>
        {heading}
        <p className={frame.loading}>{failure ? t.lost : texts.signIn.loading}</p>
      </>
    );
  }
  const active = report.groups.filter(({ capturing }) => capturing);
  return (
    <>
      {heading}
      {report.stopped !== null && (
        <p className={classes.stopped} role="alert">
          <IconAlertTriangle size={19} aria-hidden />
          <span>
            <b>{t.stopped}:</b> {inLanguage(report.stopped, language)}
          </span>
        </p>
      )}
      <div className={classes.sides}>
        <section className={`card ${classes.side}`} aria-label={t.groups}>
          <h2>{t.groups}</h2>
          <p className={classes.note}>
            {active.length === 0 ? t.notCapturing : t.capturing(active.map(({ name }) => name).join(', '))}
          </p>
          {report.groups.length === 0 && <p className={classes.note}>{t.noGroups}</p>}
          <fieldset className={classes.switches} disabled={!may}>
            <ul className={classes.groups}>
              {report.groups.map((group) => (
                <Group
                  key={group.name}
                  group={group}
                  lines={groups.find(({ name }) => name === group.name)?.lines.map(({ number }) => number) ?? []}
                  payload={report.payload_allowed}
                  onSwitch={async (change) => {
                    const done = change.capturing ? t.switchedOn(group.name) : t.switchedOff(group.name);
                    const succeeded = await attempt(() => capture(group.name, change), done);
                    await again();
                    return succeeded;
                  }}
                />
              ))}
              {report.calls.map(({ id, audio }) => (
                <li key={`call ${id}`} className={classes.group} data-capturing>
                  <span className={classes.name}>
                    <b>{t.call(id)}</b> <span className={classes.mark}>{t.audioKinds[audio]}</span>
                  </span>
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={t.stopCallNamed(id)}
                    onClick={async () => {
                      await attempt(
                        () => captureCall(id, { capturing: false, audio: 'off' }),
                        t.switchedOff(t.call(id)),
                      );
                      await again();
                    }}
                  >
                    {t.stopCall}
                  </Button>
                </li>
              ))}
            </ul>
          </fieldset>
        </section>
        <Files
          texts={t}
          report={report}
          missing={
            [
              report.dropped > 0 && t.dropped(report.dropped),
              report.dropped_packets > 0 && t.droppedPackets(report.dropped_packets),
            ]
              .filter(Boolean)
              .join(' ') || null
          }
          zip={CAPTURES_ZIP}
          urlOf={captureUrl}
          remove={deleteCapture}
          onDone={again}
        />
      </div>
    </>
  );
}

interface GroupProps {
  group: CaptureGroup;
  /** All numbers of it. */
  lines: string[];
  /** Whether its audio may be captured with the payload. */
  payload: boolean;
  /** Asks the server for it; whether it has been done. */
  onSwitch: (change: CaptureChange) => Promise<boolean>;
}

export function Group({ group, lines, payload, onSwitch }: GroupProps) {
  const { name, capturing, lines: captured } = group;
  const { texts } = useTranslation();
  // What it is being switched to; null while nothing is asked of the server.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const busy = wanted !== null;
  // What is being chosen; null while it is what the server has.
  const [draft, setDraft] = useState<string[] | null>(null);
  const [some, setSome] = useState<boolean | null>(null);
  const [sound, setSound] = useState<CaptureAudio | null>(null);
  // Whether lines had to be chosen, and none was.
  const [refused, setRefused] = useState(false);
  const which = useRef<HTMLInputElement>(null);
  const t = texts.admin.captures;
  const onlySome = some ?? captured !== null;
  const chosen = draft ?? captured ?? [];
  const drafted = draft !== null || some !== null;
  const changed = sound !== null || onlySome !== (captured !== null) || (onlySome && draft !== null);
  const audio = sound ?? group.audio;
  const send = async (capturing: boolean, audio: CaptureAudio) => {
    if (busy) return;
    // Some lines are never meant to be all of them.
    if (capturing && onlySome && chosen.length === 0) {
      setRefused(true);
      which.current?.focus();
      return;
    }
    setWanted(capturing);
    // What the server has not taken stays chosen.
    if (await onSwitch({ capturing, lines: onlySome && chosen.length > 0 ? chosen : null, audio })) {
      setDraft(null);
      setSome(null);
      setSound(null);
    }
    setWanted(null);
  };
  return (
    <li className={classes.group} data-capturing={capturing || undefined}>
      <Switch
        checked={wanted ?? capturing}
        // Never disabled: that would take the focus away.
        aria-disabled={busy}
        label={
          <span className={classes.name}>
            <b>{name}</b> <span className={classes.mark}>{capturing ? t.on : t.off}</span>
          </span>
        }
        aria-label={t.capture(name)}
        onChange={({ currentTarget: { checked } }) => void send(checked, audio)}
      />
      {lines.length > 1 && (
        <div className={classes.lines}>
          <SegmentedControl
            size="xs"
            aria-label={t.linesOf(name)}
            value={onlySome ? 'some' : 'all'}
            onChange={(value) => setSome(value === 'some')}
            data={[
              { value: 'all', label: t.allLines },
              { value: 'some', label: t.someLines },
            ]}
          />
          {onlySome && (
            <MultiSelect
              ref={which}
              className={classes.which}
              size="sm"
              aria-label={t.linesOf(name)}
              error={refused && chosen.length === 0 && t.whichMissing}
              // Above it: the lines that are offered open below.
              inputWrapperOrder={['error', 'input']}
              placeholder={chosen.length === 0 ? t.which : undefined}
              data={lines}
              value={chosen}
              onChange={setDraft}
              limit={OFFERED}
              searchable
            />
          )}
        </div>
      )}
      <NativeSelect
        className={classes.audio}
        size="xs"
        label={t.audio}
        aria-label={t.audioOf(name)}
        description={audio === 'payload' ? t.payloadText : payload ? undefined : t.noPayload}
        aria-disabled={busy}
        value={audio}
        onChange={({ currentTarget: { value } }) => {
          const next = (['off', 'headers', 'payload'] as const).find((kind) => kind === value) ?? 'off';
          // With lines that are being chosen it waits until those are.
          if (capturing && !drafted) void send(true, next);
          else setSound(next);
        }}
        data={[
          { value: 'off', label: t.audioKinds.off },
          { value: 'headers', label: t.audioKinds.headers },
          { value: 'payload', label: t.audioKinds.payload, disabled: !payload },
        ]}
      />
      {capturing && changed && (
        <BusyButton className={classes.apply} size="xs" busy={busy} onClick={() => void send(true, audio)}>
          {t.apply}
        </BusyButton>
      )}
    </li>
  );
}
