/** The calls that run and those that ended last, with how each leg sounds. */
import { useId } from 'react';
import { formatDuration } from '../components/format';
import type { CallReport } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Calls.module.css';
import { Moment } from './clock';
import frame from './Console.module.css';
import { LegRow, useLegColumns } from './Legs';
import { TableFrame } from './PlainTable';
import { calls, useWatched } from './poller';
import { addressOf, Link } from './route';

export function Calls() {
  const { texts } = useTranslation();
  const { link, report } = useWatched('calls', calls);
  const t = texts.admin.calls;
  return (
    <>
      <h1 className={frame.title}>{texts.admin.nav.calls}</h1>
      {report === null ? (
        link === 'lost' && <p className={`card ${classes.none}`}>{t.lost}</p>
      ) : (
        <div className={classes.calls}>
          <List title={t.running} none={t.noneRunning} calls={report.running} now={report.now} />
          <List title={t.ended} none={t.noneEnded} note={t.kept} calls={report.ended} now={report.now} />
        </div>
      )}
    </>
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
  const { texts, number } = useTranslation();
  const id = useId();
  const columns = useLegColumns();
  const t = texts.admin.calls;
  return (
    <section className={`card ${classes.list}`} aria-labelledby={id}>
      <h2 id={id}>
        {title} <b className="numbers">{number(calls.length)}</b>
      </h2>
      <p>{calls.length === 0 ? none : note}</p>
      {calls.length > 0 && (
        <TableFrame label={title} folding columns={[t.call, ...columns]}>
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
                    <LegRow leg={leg} />
                  </tr>
                ))
              )}
            </tbody>
          ))}
        </TableFrame>
      )}
    </section>
  );
}

function Who({ call, now, rows }: { call: CallReport; now: number; rows: number }) {
  const { texts } = useTranslation();
  const t = texts.admin.calls;
  const lasted = call.connected_at === null ? null : (call.ended_at ?? now) - call.connected_at;
  const name = t.from(call.caller ?? t.unknown, call.called ?? t.service);
  return (
    <th scope="rowgroup" rowSpan={rows} className={classes.who}>
      <Link className="numbers" href={addressOf('calls', call.id)} title={texts.admin.ladder.openOf(name)}>
        {name}
      </Link>
      <span className={classes.when}>
        <Moment at={call.ended_at ?? call.started_at} say={texts.admin.ago} />
        {lasted !== null && <span className="numbers"> · {formatDuration(lasted)}</span>}
      </span>
    </th>
  );
}
