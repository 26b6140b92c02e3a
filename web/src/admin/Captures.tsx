/** Captures: what is captured, and the files that came of it. */
import { MultiSelect, SegmentedControl, Switch } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { BusyButton } from '../components/BusyButton';
import type { CaptureGroup, LineGroup } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { useAttempt } from './announce';
import classes from './Captures.module.css';
import frame from './Console.module.css';
import { capture, captures, captureUrl, CAPTURES_ZIP, deleteCapture } from './diagnosis';
import { Files } from './Files';
import { PageHead } from './PageHead';
import { useWatched } from './poller';

const EVERY = 5000;
/** Lines that are offered at once; typing finds the others. */
const OFFERED = 60;

export function Captures({ groups }: { groups: LineGroup[] }) {
  const { texts } = useTranslation();
  const attempt = useAttempt();
  const { report, failure, again } = useWatched('captures', captures, { every: EVERY });
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
                onSwitch={async (capturing, lines) => {
                  const done = capturing ? t.switchedOn(group.name) : t.switchedOff(group.name);
                  await attempt(() => capture(group.name, capturing, lines), done);
                  await again();
                }}
              />
            ))}
          </ul>
        </section>
        <Files
          texts={t}
          report={report}
          missing={report.dropped > 0 ? t.dropped(report.dropped) : null}
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
  onSwitch: (capturing: boolean, lines: string[] | null) => Promise<void>;
}

function Group({ group: { name, capturing, lines: captured }, lines, onSwitch }: GroupProps) {
  const { texts } = useTranslation();
  // What it is being switched to; null while nothing is asked of the server.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const busy = wanted !== null;
  // What is being chosen; null while it is what the server has.
  const [draft, setDraft] = useState<string[] | null>(null);
  const [some, setSome] = useState<boolean | null>(null);
  const t = texts.admin.captures;
  const onlySome = some ?? captured !== null;
  const chosen = draft ?? captured ?? [];
  const changed = onlySome ? draft !== null && draft.length > 0 : captured !== null;
  const send = async (on: boolean, which: string[] | null) => {
    if (busy) return;
    setWanted(on);
    await onSwitch(on, which);
    setWanted(null);
    setDraft(null);
    setSome(null);
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
        onChange={({ currentTarget: { checked } }) => void send(checked, onlySome && chosen.length > 0 ? chosen : null)}
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
            <BusyButton size="xs" busy={busy} onClick={() => void send(true, onlySome ? chosen : null)}>
              {t.apply}
            </BusyButton>
          )}
        </div>
      )}
    </li>
  );
}
