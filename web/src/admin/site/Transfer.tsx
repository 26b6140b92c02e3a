/** Taking the site out, bringing it in, and a backup of the database. */
import { Button, NativeSelect, Switch } from '@mantine/core';
import { IconDatabase, IconDownload, IconFileImport, IconUpload } from '@tabler/icons-react';
import { useContext, useRef, useState, type DragEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { FieldProblem, Import, Write } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { fileName, offer } from '../ladder/save';
import { PageHead } from '../PageHead';
import { fieldOf } from '../parts/merge';
import { PlainTable } from '../PlainTable';
import { formatSize } from '../size';
import { useAsk } from './ask';
import { Changes } from './Changes';
import { useMayChange } from './role';
import { Section } from './Section';
import classes from './site.module.css';
import { backup, effectOf, EFFECTS, EXPORT, importing, spotOf, typeOf, type Effect } from './transfer';
import { labelsOf } from './words';

/** Objects that are drawn at once. */
const STEP = 100;

export function Transfer() {
  const { texts } = useTranslation();
  const t = texts.admin.site.transfer;
  const mayImport = useMayChange('users');
  const mayBackUp = useMayChange('transfer');
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div className={`${classes.page} ${classes.below}`}>
        <Section name="export" title={t.export.title} text={t.export.text}>
          <Button
            component="a"
            href={EXPORT}
            download
            variant="default"
            className={classes.add}
            leftSection={<IconDownload size={17} aria-hidden />}
          >
            {t.export.download}
          </Button>
        </Section>
        {mayImport && <Importing />}
        {mayBackUp && <Backup />}
      </div>
    </>
  );
}

interface Outcome {
  file: File;
  result: Import | null;
  failure: unknown;
}

function Importing() {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const [ask, dialog] = useAsk();
  const [prune, setPrune] = useState(false);
  /** What is being done with which file. */
  const [busy, setBusy] = useState<{ file: File; applying: boolean } | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const t = texts.admin.site.transfer.import;

  const run = async (file: File, applying: boolean, pruning: boolean) => {
    if (busy) return;
    setBusy({ file, applying });
    if (!applying) setOutcome(null);
    try {
      const result = await importing(file, !applying, pruning && typeOf(file) === 'application/zip');
      setOutcome({ file, result, failure: null });
      if (applying) announce(t.done(result.writes.length), false);
    } catch (failure) {
      setOutcome({ file, result: null, failure });
    }
    setBusy(null);
  };
  const choose = (file: File | undefined) => {
    if (!file) return;
    if (typeOf(file) === null) announce(t.wrongFile, true);
    else void run(file, false, prune);
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    choose(event.dataTransfer.files[0]);
  };
  const apply = async ({ file, result }: Outcome) => {
    const gone = result?.writes.filter((write) => effectOf(write) === 'deleted').length ?? 0;
    const sure = gone === 0 || (await ask({ title: t.sure(gone), text: t.sureText, confirm: t.apply, danger: true }));
    if (sure) await run(file, true, prune);
  };
  const isZip = outcome !== null && typeOf(outcome.file) === 'application/zip';
  const ready = outcome?.result && !outcome.result.applied && somethingIn(outcome.result) ? outcome : null;
  return (
    <Section name="import" title={t.title} text={t.text}>
      <div
        className={classes.drop}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
      >
        <IconFileImport size={28} stroke={1.5} aria-hidden />
        <p>{t.drop}</p>
        <input
          ref={input}
          type="file"
          accept=".zip,.csv,.txt"
          hidden
          onChange={({ currentTarget }) => {
            choose(currentTarget.files?.[0]);
            // The same file again, once it is mended.
            currentTarget.value = '';
          }}
        />
        <Button
          variant="default"
          leftSection={<IconUpload size={17} aria-hidden />}
          onClick={() => input.current?.click()}
        >
          {t.choose}
        </Button>
      </div>
      <Switch
        label={t.prune}
        description={t.pruneText}
        checked={prune}
        onChange={({ currentTarget: { checked } }) => {
          setPrune(checked);
          if (outcome && isZip && !outcome.result?.applied) void run(outcome.file, false, checked);
        }}
      />
      <div role="status" className={classes.status}>
        {busy && (
          <p className={classes.plain}>
            {(busy.applying ? t.applying : t.reading)(busy.file.name, formatSize(busy.file.size, language))}
          </p>
        )}
        {!busy && outcome?.result && <Summary file={outcome.file.name} result={outcome.result} />}
      </div>
      {!busy && outcome?.failure != null && <Failure file={outcome.file.name} failure={outcome.failure} />}
      {outcome?.result && outcome.result.writes.length > 0 && <Writes writes={outcome.result.writes} />}
      {(ready ?? busy?.applying) && (
        <div className={classes.answers}>
          <Button variant="default" disabled={busy !== null} onClick={() => setOutcome(null)}>
            {t.discard}
          </Button>
          <BusyButton busy={busy !== null} onClick={() => ready && void apply(ready)}>
            {t.apply}
          </BusyButton>
        </div>
      )}
      {dialog}
    </Section>
  );
}

const somethingIn = ({ writes, pictures }: Import) => writes.length > 0 || pictures > 0;

/** How much changes. */
function Summary({ file, result }: { file: string; result: Import }) {
  const { applied, writes, pictures } = result;
  const { texts, language } = useTranslation();
  const t = texts.admin.site.transfer.import;
  if (!somethingIn(result)) return <p className={classes.plain}>{t.nothing(file)}</p>;
  const counted = EFFECTS.map(
    (effect) => [effect, writes.filter((write) => effectOf(write) === effect).length] as const,
  );
  const parts = counted.filter(([, count]) => count > 0).map(([effect, count]) => t.count[effect](count));
  if (pictures > 0) parts.push(t.pictures(pictures));
  const list = new Intl.ListFormat(language).format(parts);
  return <p className={classes.plain}>{applied ? t.was(file, list) : t.wouldBe(file, list)}</p>;
}

/** What is written, object by object, with the fields that differ. */
function Writes({ writes }: { writes: readonly Write[] }) {
  const { texts, number } = useTranslation();
  const [shown, setShown] = useState(STEP);
  const [only, setOnly] = useState<Effect | ''>('');
  const t = texts.admin.site;
  const i = t.transfer.import;
  const found = writes.filter((write) => only === '' || effectOf(write) === only);
  return (
    <>
      <NativeSelect
        className={classes.filter}
        aria-label={i.filter}
        value={only}
        onChange={({ currentTarget }) => {
          setOnly(currentTarget.value as Effect | '');
          setShown(STEP);
        }}
        data={[{ value: '', label: i.all }, ...EFFECTS.map((effect) => ({ value: effect, label: i.only[effect] }))]}
      />
      <ul className={classes.writes} aria-label={i.list}>
        {found.slice(0, shown).map((write) => {
          const effect = effectOf(write);
          return (
            <li key={`${write.kind} ${write.id}`}>
              <details className={classes.details}>
                <summary>
                  <span className={classes.effect} data-effect={effect}>
                    {i.effect[effect]}
                  </span>{' '}
                  {t.audit.kinds[write.kind]} <b>{write.title}</b>
                  {write.follows && <span className={classes.dimmed}> – {i.follows}</span>}
                </summary>
                <Changes of={write} />
              </details>
            </li>
          );
        })}
      </ul>
      {found.length > shown && (
        <Button variant="default" className={classes.add} onClick={() => setShown(shown + STEP)}>
          {i.more(number(found.length - shown))}
        </Button>
      )}
    </>
  );
}

/** Why nothing is imported: each thing that is wrong, with its place. */
function Failure({ file, failure }: { file: string; failure: unknown }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const t = texts.admin.site;
  const i = t.transfer.import;
  const errors = failure instanceof Problem ? (failure.errors as readonly FieldProblem[]) : [];
  return (
    <div role="alert" className={classes.list}>
      <p className={classes.fault}>{errors.length === 0 ? i.failed(reason(failure)) : i.wrong(errors.length)}</p>
      {errors.length > 0 && (
        <PlainTable
          label={i.wrong(errors.length)}
          folding
          columns={[i.document, i.place, i.field, i.problem]}
          rows={errors.map((error, key) => {
            const { document, at, field, name } = spotOf(error, file);
            const labels = labelsOf(error.kind ?? '', texts.admin);
            const place = at === null ? '' : document === file ? i.line(at) : i.object(at);
            return {
              key: String(key),
              cells: [
                document,
                [place, name].filter(Boolean).join(' · '),
                labels[fieldOf(field, labels) ?? ''] ?? field,
                faultSentence(error, language),
              ],
            };
          })}
        />
      )}
    </div>
  );
}

function Backup() {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const t = texts.admin.site.transfer.backup;
  const make = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const day = new Date().toISOString().slice(0, 10);
      offer(await backup(), `${fileName('offhook', day)}.sqlite`);
      announce(t.done, false);
    } catch (error) {
      announce(t.failed(reason(error)), true);
    }
    setBusy(false);
  };
  return (
    <Section name="backup" title={t.title} text={t.text}>
      <BusyButton
        variant="default"
        className={classes.add}
        busy={busy}
        leftSection={<IconDatabase size={17} aria-hidden />}
        onClick={() => void make()}
      >
        {t.make}
      </BusyButton>
    </Section>
  );
}
