/** Captures: what is captured, and the files that came of it. */
import { Button, MultiSelect, NativeSelect, SegmentedControl, Switch } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import type { CaptureAudio, CaptureChange, CaptureGroup, LineGroup } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Refusal } from '../protocol/http';
import { Announce } from './announce';
import classes from './Captures.module.css';
import frame from './Console.module.css';
import { capture, captureCall, captures, captureUrl, CAPTURES_ZIP, deleteCapture } from './diagnosis';
import { Files } from './Files';
import { useWatched } from './poller';

const EVERY = 5000;
/** Lines that are offered at once; typing finds the others. */
const OFFERED = 60;

export function Captures({ groups }: { groups: LineGroup[] }) {
  const { texts, sentence, language } = useTranslation();
  const announce = useContext(Announce);
  const { report, failure, again } = useWatched('captures', captures, { every: EVERY });
  const t = texts.admin.captures;

  const attempt = async (what: () => Promise<void>, done: string) => {
    try {
      await what();
      announce(done, false);
    } catch (error) {
      announce(t.failed(sentence(error instanceof Refusal ? error.code : 'internal')), true);
    }
    await again();
  };
  const heading = (
    <div className={frame.top}>
      <h1 className={frame.title}>{t.title}</h1>
      <p className={frame.summary}>{t.lead}</p>
    </div>
  );
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
            <b>{t.stopped}:</b> {report.stopped}
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
          <ul className={classes.groups}>
            {report.groups.map((group) => (
              <Group
                key={group.name}
                group={group}
                lines={groups.find(({ name }) => name === group.name)?.lines.map(({ number }) => number) ?? []}
                payload={report.payload_allowed}
                onSwitch={(change) =>
                  attempt(
                    () => capture(group.name, change),
                    change.capturing ? t.switchedOn(group.name) : t.switchedOff(group.name),
                  )
                }
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
                  onClick={() =>
                    void attempt(() => captureCall(id, { capturing: false, audio: 'off' }), t.switchedOff(t.call(id)))
                  }
                >
                  {t.stopCall}
                </Button>
              </li>
            ))}
          </ul>
        </section>
        <Files
          texts={t}
          report={report}
          missing={
            [
              report.dropped > 0 && t.dropped(report.dropped.toLocaleString(language)),
              report.dropped_packets > 0 && t.droppedPackets(report.dropped_packets.toLocaleString(language)),
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
  onSwitch: (change: CaptureChange) => Promise<void>;
}

export function Group({ group, lines, payload, onSwitch }: GroupProps) {
  const { name, capturing, lines: captured } = group;
  const { texts } = useTranslation();
  const [busy, setBusy] = useState(false);
  // What is being chosen; null while it is what the server has.
  const [draft, setDraft] = useState<string[] | null>(null);
  const [some, setSome] = useState<boolean | null>(null);
  const [wanted, setWanted] = useState<CaptureAudio | null>(null);
  const t = texts.admin.captures;
  const onlySome = some ?? captured !== null;
  const chosen = draft ?? captured ?? [];
  const changed = onlySome ? draft !== null && draft.length > 0 : captured !== null;
  const audio = wanted ?? group.audio;
  const send = async (capturing: boolean, lines: string[] | null, audio: CaptureAudio) => {
    setBusy(true);
    await onSwitch({ capturing, lines, audio });
    setBusy(false);
    setDraft(null);
    setSome(null);
    setWanted(null);
  };
  return (
    <li className={classes.group} data-capturing={capturing || undefined}>
      <Switch
        checked={capturing}
        disabled={busy}
        label={
          <span className={classes.name}>
            <b>{name}</b> <span className={classes.mark}>{capturing ? t.on : t.off}</span>
          </span>
        }
        aria-label={t.capture(name)}
        onChange={({ currentTarget: { checked } }) =>
          void send(checked, onlySome && chosen.length > 0 ? chosen : null, audio)
        }
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
              className={classes.which}
              size="sm"
              aria-label={t.linesOf(name)}
              placeholder={chosen.length === 0 ? t.which : undefined}
              data={lines}
              value={chosen}
              onChange={setDraft}
              limit={OFFERED}
              searchable
            />
          )}
          {capturing && changed && (
            <Button size="xs" loading={busy} onClick={() => void send(true, onlySome ? chosen : null, audio)}>
              {t.apply}
            </Button>
          )}
        </div>
      )}
      <NativeSelect
        className={classes.audio}
        size="xs"
        label={t.audio}
        aria-label={t.audioOf(name)}
        description={audio === 'payload' ? t.payloadText : payload ? undefined : t.noPayload}
        disabled={busy}
        value={audio}
        onChange={({ currentTarget: { value } }) => {
          const next = (['off', 'headers', 'payload'] as const).find((kind) => kind === value) ?? 'off';
          if (capturing) void send(true, captured, next);
          else setWanted(next);
        }}
        data={[
          { value: 'off', label: t.audioKinds.off },
          { value: 'headers', label: t.audioKinds.headers },
          { value: 'payload', label: t.audioKinds.payload, disabled: !payload },
        ]}
      />
    </li>
  );
}
