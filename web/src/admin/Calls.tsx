/** The calls that run and those that ended last, with how each leg sounds. */
import { IconAlertTriangle, IconLock, IconLockOpen } from '@tabler/icons-react';
import { useEffect, useId, useState, useSyncExternalStore } from 'react';
import { formatDuration } from '../components/format';
import type { CallReport, Calls as Report, LegReport } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Calls.module.css';
import { Moment } from './clock';
import { gradeOf, toneOfGrade, worstOf } from './model';
import table from './PlainTable.module.css';
import { calls, Poller } from './poller';

/** The highest score of the E-model. */
const BEST = 4.5;

export function Calls() {
  const [poller, setPoller] = useState<Poller<Report> | null>(null);
  useEffect(() => {
    const started = new Poller(calls);
    started.start();
    setPoller(started);
    return () => started.stop();
  }, []);
  return poller && <Watching poller={poller} />;
}

function Watching({ poller }: { poller: Poller<Report> }) {
  const { texts } = useTranslation();
  const { link, report } = useSyncExternalStore(poller.subscribe, poller.snapshot);
  const t = texts.admin.calls;
  if (report === null) return link === 'lost' ? <p className={`card ${classes.none}`}>{t.lost}</p> : null;
  return (
    <div className={classes.calls}>
      <List title={t.running} none={t.noneRunning} calls={report.running} now={report.now} />
      <List title={t.ended} none={t.noneEnded} note={t.kept} calls={report.ended} now={report.now} />
    </div>
  );
}

interface ListProps {
  title: string;
  none: string;
  note?: string;
  calls: CallReport[];
  now: number;
}

function List({ title, none, note, calls, now }: ListProps) {
  const { texts, language } = useTranslation();
  const id = useId();
  const t = texts.admin.calls;
  return (
    <section className={`card ${classes.list}`} aria-labelledby={id}>
      <h2 id={id}>
        {title} <b className="numbers">{calls.length.toLocaleString(language)}</b>
      </h2>
      <p>{calls.length === 0 ? none : note}</p>
      {calls.length > 0 && (
        <div className={table.scroll} tabIndex={0} role="region" aria-label={title}>
          <table className={table.table} aria-label={title}>
            <thead>
              <tr>
                {[t.call, t.leg, t.quality, t.codec, t.loss, t.jitter, t.roundTrip, t.concealed, t.level].map(
                  (column) => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            {calls.map((call) => (
              <tbody key={`${call.id} ${call.started_at}`}>
                {call.legs.length === 0 ? (
                  <tr>
                    <Who call={call} now={now} rows={1} />
                    <td colSpan={8} />
                  </tr>
                ) : (
                  call.legs.map((leg, place) => (
                    <tr key={place}>
                      {place === 0 && <Who call={call} now={now} rows={call.legs.length} />}
                      <Leg leg={leg} />
                    </tr>
                  ))
                )}
              </tbody>
            ))}
          </table>
        </div>
      )}
    </section>
  );
}

function Who({ call, now, rows }: { call: CallReport; now: number; rows: number }) {
  const { texts } = useTranslation();
  const t = texts.admin.calls;
  const lasted = call.connected_at === null ? null : (call.ended_at ?? now) - call.connected_at;
  return (
    <th scope="rowgroup" rowSpan={rows} className={classes.who}>
      <span className="numbers">{t.from(call.caller ?? t.unknown, call.called ?? t.service)}</span>
      <span className={classes.when}>
        <Moment at={call.ended_at ?? call.started_at} say={texts.admin.ago} />
        {lasted !== null && <span className="numbers"> · {formatDuration(lasted)}</span>}
      </span>
    </th>
  );
}

function Leg({ leg }: { leg: LegReport }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.calls;
  const number = (value: number, digits = 0) => value.toLocaleString(language, { maximumFractionDigits: digits });
  const percent = (value: number) => `${number(value, 1)} %`;
  const ms = (value: number) => `${number(value)} ms`;
  const secured = leg.encrypted ? t.encrypted : t.plain;
  const Lock = leg.encrypted ? IconLock : IconLockOpen;
  const codecs = [...new Set([leg.codec_in, leg.codec_out].filter((codec) => codec !== null))].join(' / ');
  return (
    <>
      <td>
        {t.party[leg.party]} <span className={classes.dim}>{leg.name}</span>
        {leg.silent && (
          <span className={classes.silent}>
            <IconAlertTriangle size={15} aria-hidden />
            {t.silent}
          </span>
        )}
      </td>
      <td>
        <Score leg={leg} />
      </td>
      <td>
        {codecs || '–'} <span className={classes.dim}>{leg.transcoded ? t.transcoded : t.relayed}</span>{' '}
        <span role="img" aria-label={secured} title={secured} className={classes.dim}>
          <Lock size={14} aria-hidden />
        </span>
      </td>
      <td className="numbers">
        {percent(leg.loss)}
        {leg.loss_remote !== null && <span className={classes.when}>{t.back(percent(leg.loss_remote))}</span>}
      </td>
      <td className="numbers">
        {ms(leg.jitter_ms)}
        {leg.jitter_remote_ms !== null && <span className={classes.when}>{t.back(ms(leg.jitter_remote_ms))}</span>}
      </td>
      <td className="numbers">{leg.round_trip_ms === null ? '–' : ms(leg.round_trip_ms)}</td>
      <td className="numbers">{ms(leg.concealed_ms)}</td>
      <td className="numbers">{leg.level === null ? '–' : `${number(leg.level)} dBFS`}</td>
    </>
  );
}

/** The worse of the two directions: as a bar, and in words. */
function Score({ leg }: { leg: LegReport }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.calls;
  const mos = worstOf(leg);
  if (mos === null) return <span className={classes.dim}>{t.unknownQuality}</span>;
  const grade = gradeOf(mos);
  const shown = mos.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (
    <span className={classes.score} data-tone={toneOfGrade(grade)}>
      <span className={classes.bar} aria-hidden>
        <span style={{ width: `${((mos - 1) / (BEST - 1)) * 100}%` }} />
      </span>
      <span className="numbers">{t.mos(shown, t.grade[grade])}</span>
    </span>
  );
}
