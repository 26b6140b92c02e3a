/** The log: how much is logged, the newest lines, and the files. */
import { NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Fragment, useContext, useRef, useState } from 'react';
import type { Area, Log, LogLevel, LogLine } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { useAttempt } from './announce';
import captures from './Captures.module.css';
import { ClockOffset } from './clock';
import frame from './Console.module.css';
import { Files } from './Files';
import { deleteLog, detailsOf, LEVELS, lines, log, logUrl, LOG_ZIP, NO_FILTER, setLevel, type LineFilter } from './log';
import classes from './LogPage.module.css';
import { TableFrame } from './PlainTable';
import scrolling from './PlainTable.module.css';
import { PageHead } from './PageHead';
import { useWatched } from './poller';
import { inLanguage } from './site/rights';
import { useMayChange } from './site/role';

const EVERY = 5000;
/** Lines that are shown at once. */
const SHOWN = 200;
/** How long a person pauses in typing before it is looked for, in ms. */
const PAUSE = 250;

export function LogPage() {
  const { texts } = useTranslation();
  const { report, failure, again } = useWatched('log', log, { every: EVERY });
  const t = texts.admin.log;
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      {report === null ? (
        <p className={frame.loading}>{failure ? t.lost : texts.signIn.loading}</p>
      ) : (
        <Settings report={report} again={again} />
      )}
      <Newest />
    </>
  );
}

/** What is logged, and the files that came of it. */
export function Settings({ report, again }: { report: Log; again: () => Promise<void> }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.log;
  const { missing } = report;
  const elsewhere = missing.stderr + missing.system;
  return (
    <>
      {[report.stopped, report.system_problem].map(
        (problem) =>
          problem !== null && (
            <p key={problem.english} className={captures.stopped} role="alert">
              <IconAlertTriangle size={19} aria-hidden />
              <span>
                <b>{problem === report.stopped ? t.stopped : t.systemProblem}:</b> {inLanguage(problem, language)}
              </span>
            </p>
          ),
      )}
      <div className={captures.sides}>
        <section className={`card ${captures.side}`} aria-label={t.areas}>
          <h2>{t.areas}</h2>
          <p className={captures.note}>
            {t.areasText} {report.system === null ? t.noSystem : t.system(t.level[report.system])}
            {elsewhere > 0 && ` ${t.missingElsewhere(elsewhere)}`}
          </p>
          <ul className={classes.areas}>
            {report.areas.map(({ area, level }) => (
              <Level key={area} area={area} level={level} again={again} />
            ))}
          </ul>
        </section>
        {report.total_limit === 0 ? (
          <section className={`card ${captures.side}`} aria-label={t.files}>
            <h2>{t.files}</h2>
            <p className={captures.note}>{t.filesOff}</p>
          </section>
        ) : (
          <Files
            texts={t}
            report={report}
            missing={missing.files > 0 ? t.missing(missing.files) : null}
            zip={LOG_ZIP}
            urlOf={logUrl}
            remove={deleteLog}
            onDone={again}
          />
        )}
      </div>
    </>
  );
}

function Level({ area, level, again }: { area: Area; level: LogLevel; again: () => Promise<void> }) {
  const { texts } = useTranslation();
  const attempt = useAttempt();
  // What is being set; null while nothing is asked of the server.
  const [wanted, setWanted] = useState<LogLevel | null>(null);
  const busy = wanted !== null;
  const may = useMayChange('log');
  const t = texts.admin.log;
  const set = async (level: LogLevel) => {
    if (busy) return;
    setWanted(level);
    await attempt(() => setLevel(area, level), t.levelSet(t.area[area], t.level[level]));
    await again();
    setWanted(null);
  };
  return (
    <li className={classes.area}>
      <span>
        <b>{t.area[area]}</b>
        <span className={classes.what}>{t.what[area]}</span>
      </span>
      {!may ? (
        <span>{t.level[level]}</span>
      ) : (
        <NativeSelect
          size="xs"
          aria-label={t.levelOf(t.area[area])}
          value={wanted ?? level}
          // Never disabled: that would take the focus away.
          aria-disabled={busy}
          data={LEVELS.map((value) => ({ value, label: t.level[value] }))}
          onChange={({ currentTarget: { value } }) => void set(value as LogLevel)}
        />
      )}
    </li>
  );
}

/** The newest lines, as long as somebody looks. */
export function Newest() {
  const { texts } = useTranslation();
  const [filter, setFilter] = useState<LineFilter>(NO_FILTER);
  const [call] = useDebouncedValue(filter.call, PAUSE);
  const asked = { ...filter, call };
  const { report, failure, clockOffset } = useWatched(JSON.stringify(asked), (signal) => lines(asked, SHOWN, signal));
  // What was found before stays until the first answer to something else.
  const before = useRef(report);
  if (report !== null || failure !== null) before.current = report;
  const shown = report ?? before.current;
  const t = texts.admin.log;
  return (
    <section className={`card ${classes.newest}`} aria-label={t.newest}>
      <div className={captures.head}>
        <h2>{t.newest}</h2>
        <NativeSelect
          size="xs"
          aria-label={t.atLeast}
          value={filter.level}
          data={[
            { value: '', label: t.anyLevel },
            ...LEVELS.slice(1, -1).map((value) => ({ value, label: t.level[value] })),
          ]}
          onChange={({ currentTarget: { value } }) =>
            setFilter((before) => ({ ...before, level: value as LineFilter['level'] }))
          }
        />
        <NativeSelect
          size="xs"
          aria-label={t.areaOf}
          value={filter.area}
          data={[
            { value: '', label: t.anyArea },
            ...(Object.keys(t.area) as Area[]).map((value) => ({ value, label: t.area[value] })),
          ]}
          onChange={({ currentTarget: { value } }) =>
            setFilter((before) => ({ ...before, area: value as LineFilter['area'] }))
          }
        />
        <TextInput
          size="xs"
          aria-label={t.callOf}
          placeholder={t.callOf}
          value={filter.call}
          onChange={({ currentTarget: { value } }) => setFilter((before) => ({ ...before, call: value }))}
        />
      </div>
      {shown === null ? (
        <p className={captures.note}>{failure ? t.lost : texts.signIn.loading}</p>
      ) : (
        <ClockOffset value={clockOffset}>
          <LineTable lines={shown.lines} />
        </ClockOffset>
      )}
    </section>
  );
}

/** Lines of the log, the newest on top. */
export function LineTable({ lines }: { lines: LogLine[] }) {
  const { texts, language } = useTranslation();
  const clockOffset = useContext(ClockOffset);
  const t = texts.admin.log;
  if (lines.length === 0) return <p className={captures.note}>{t.noLines}</p>;
  return (
    <TableFrame
      label={t.newest}
      columns={[t.time, t.levelColumn, t.areaColumn, t.message]}
      className={`${scrolling.scroll} ${classes.lines}`}
      tableClassName={classes.table}
    >
      <tbody>
        {[...lines].reverse().map((line) => (
          <tr key={line.seq}>
            <td className="numbers" title={new Date(line.at - clockOffset).toLocaleString(language)}>
              {timeOf(line.at - clockOffset, language)}
            </td>
            <td>
              <span className={classes.level} data-level={line.level}>
                {t.kind[line.level]}
              </span>
            </td>
            <td>{t.area[line.area]}</td>
            <td className={classes.said}>
              <span title={line.target}>{line.message}</span>
              {detailsOf(line).map(([name, value]) => (
                <Fragment key={name}>
                  {' '}
                  <span className={classes.detail}>
                    <span>{name}</span>={value}
                  </span>
                </Fragment>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

/** A time of the day with milliseconds, by this computer's clock. */
function timeOf(at: number, language: string): string {
  return new Date(at).toLocaleTimeString(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
}
