/** Captures: what is captured, and the files that came of it. */
import { ActionIcon, Button, Modal, MultiSelect, SegmentedControl, Switch } from '@mantine/core';
import { IconAlertTriangle, IconDownload, IconFileZip, IconTrash } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import type { LineGroup } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Refusal } from '../protocol/http';
import { Announce } from './announce';
import classes from './Captures.module.css';
import { Moment } from './clock';
import frame from './Console.module.css';
import { capture, captures, captureUrl, CAPTURES_ZIP, deleteCapture, type Captures as Report } from './diagnosis';
import { PlainTable } from './PlainTable';
import { useWatched } from './poller';
import { formatSize } from './size';

const EVERY = 5000;
/** Lines that are offered at once; typing finds the others. */
const OFFERED = 60;

export function Captures({ groups }: { groups: LineGroup[] }) {
  const { texts, sentence, language } = useTranslation();
  const announce = useContext(Announce);
  const { report, failure, again } = useWatched('captures', captures, { every: EVERY });
  // A file's name, or `null` for all of them.
  const [deleting, setDeleting] = useState<{ file: string | null } | null>(null);
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
  const remove = () => {
    const file = deleting?.file ?? null;
    setDeleting(null);
    void attempt(() => deleteCapture(file ?? undefined), file === null ? t.deletedAll : t.deleted(file));
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
  const finished = report.files.filter(({ open }) => !open);
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
                onSwitch={(capturing, lines) =>
                  attempt(
                    () => capture(group.name, capturing, lines),
                    capturing ? t.switchedOn(group.name) : t.switchedOff(group.name),
                  )
                }
              />
            ))}
          </ul>
        </section>
        <section className={`card ${classes.side}`} aria-label={t.files}>
          <div className={classes.head}>
            <h2>
              {t.files} <b className="numbers">{report.files.length.toLocaleString(language)}</b>
            </h2>
            {report.files.length > 0 && (
              <Button
                component="a"
                href={CAPTURES_ZIP}
                download
                size="xs"
                variant="default"
                leftSection={<IconFileZip size={16} aria-hidden />}
              >
                {t.zip}
              </Button>
            )}
            {finished.length > 0 && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={() => setDeleting({ file: null })}
              >
                {t.deleteAll}
              </Button>
            )}
          </div>
          <Room report={report} />
          {report.dropped > 0 && (
            <p className={classes.dropped}>{t.dropped(report.dropped.toLocaleString(language))}</p>
          )}
          {report.files.length === 0 ? (
            <p className={classes.note}>{t.noFiles}</p>
          ) : (
            <PlainTable
              label={t.files}
              folding
              columns={[t.file, t.size, t.changed, texts.admin.column.action]}
              rows={[...report.files].reverse().map(({ name, size, modified_at, open }) => ({
                key: name,
                cells: [
                  <span key="name" className={classes.file}>
                    {name}
                    {open && <span className={classes.open}>{t.open}</span>}
                  </span>,
                  formatSize(size, language),
                  <Moment key="at" at={modified_at} say={texts.admin.ago} />,
                  <span key="act" className={classes.acts}>
                    <ActionIcon
                      component="a"
                      href={captureUrl(name)}
                      download={name}
                      variant="default"
                      size={32}
                      aria-label={t.downloadFile(name)}
                      title={t.download}
                    >
                      <IconDownload size={17} aria-hidden />
                    </ActionIcon>
                    {!open && (
                      <ActionIcon
                        variant="default"
                        size={32}
                        aria-label={t.deleteFile(name)}
                        title={t.delete}
                        onClick={() => setDeleting({ file: name })}
                      >
                        <IconTrash size={17} aria-hidden />
                      </ActionIcon>
                    )}
                  </span>,
                ],
              }))}
            />
          )}
        </section>
      </div>
      <Modal
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        centered
        title={deleting?.file ? t.sure(deleting.file) : t.sureAll(finished.length.toLocaleString(language))}
        closeButtonProps={{ 'aria-label': t.keep }}
      >
        <p className={classes.sure}>{t.sureText}</p>
        <div className={classes.answers}>
          <Button variant="default" data-autofocus onClick={() => setDeleting(null)}>
            {t.keep}
          </Button>
          <Button color="red" onClick={remove}>
            {t.delete}
          </Button>
        </div>
      </Modal>
    </>
  );
}

interface GroupProps {
  group: Report['groups'][number];
  /** All numbers of it. */
  lines: string[];
  onSwitch: (capturing: boolean, lines: string[] | null) => Promise<void>;
}

function Group({ group: { name, capturing, lines: captured }, lines, onSwitch }: GroupProps) {
  const { texts } = useTranslation();
  const [busy, setBusy] = useState(false);
  // What is being chosen; null while it is what the server has.
  const [draft, setDraft] = useState<string[] | null>(null);
  const [some, setSome] = useState<boolean | null>(null);
  const t = texts.admin.captures;
  const onlySome = some ?? captured !== null;
  const chosen = draft ?? captured ?? [];
  const changed = onlySome ? draft !== null && draft.length > 0 : captured !== null;
  const send = async (on: boolean, which: string[] | null) => {
    setBusy(true);
    await onSwitch(on, which);
    setBusy(false);
    setDraft(null);
    setSome(null);
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
            <Button size="xs" loading={busy} onClick={() => void send(true, onlySome ? chosen : null)}>
              {t.apply}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

/** How much of the room for captures is taken. */
function Room({ report: { total, total_limit } }: { report: Report }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.captures;
  const share = total_limit > 0 ? Math.min(1, total / total_limit) : 0;
  return (
    <div className={classes.room}>
      <span
        className={classes.track}
        role="meter"
        aria-label={t.usedLabel}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${share * 100}%` }} data-full={share > 0.9 || undefined} />
      </span>
      <span className="numbers">{t.used(formatSize(total, language), formatSize(total_limit, language))}</span>
    </div>
  );
}
