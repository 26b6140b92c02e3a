/** Whether everything runs: one card for each part of the server, with a link to where more is said. */
import { useContext } from 'react';
import type { Captures, CauseCode, LineGroups, Log, Status as Program } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Card, CapturesCard, CertificatesCard, DatabaseCard, Figure, Item, PbxCard, Sign, WorkersCard } from './cards';
import { ClockOffset, useSpan } from './clock';
import { captures, failures, status } from './diagnosis';
import { log } from './log';
import { toneOf, type Tone } from './model';
import { PageHead } from './PageHead';
import { calls, useWatched } from './poller';
import { addressOf } from './route';
import { formatSize } from './size';
import classes from './Status.module.css';
import { isUsual, since } from './tally';
import { isFull, troublesOf } from './troubles';

const EVERY = 10_000;

export function Status({ report }: { report: LineGroups }) {
  const { texts, number } = useTranslation();
  const offset = useContext(ClockOffset);
  const ofProgram = useWatched('status', status, { every: EVERY });
  const { report: running } = useWatched('calls', calls, { every: EVERY });
  const { report: failed } = useWatched('day', (signal) => failures(since('day', Date.now() + offset), signal), {
    every: EVERY,
  });
  const ofCaptures = useWatched('captures', captures, { every: EVERY });
  const ofLog = useWatched('log', log, { every: EVERY });
  const { report: program } = ofProgram;
  const { report: captured } = ofCaptures;
  const t = texts.admin.status;

  const lines = report.line_groups.flatMap((group) => group.lines);
  const usable = lines.filter(({ state }) => toneOf(state) === 'good').length;
  // The list has only the latest; the counts have all.
  const codes = failed?.counts.codes.filter((code) => !isUsual(code)) ?? [];
  const bad = codes.reduce((sum, { count }) => sum + count, 0);
  const toneOfLines: Tone = lines.some(({ state }) => toneOf(state) === 'bad') ? 'bad' : 'good';

  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <Overall
        report={report}
        program={{ title: t.program, ...ofProgram }}
        captured={{ title: t.captures, ...ofCaptures }}
        log={{ title: texts.admin.log.title, ...ofLog }}
      />
      <div className={classes.figures}>
        <Card title={t.lines} href={addressOf('lines')}>
          <Figure tone={toneOfLines} value={number(usable)} text={t.linesUsable(number(lines.length))} />
        </Card>
        {running && (
          <Card title={t.calls} href={addressOf('calls')}>
            <Figure tone="good" value={number(running.running.length)} text={t.callsText} />
          </Card>
        )}
        {program && (
          <Card title={t.clients}>
            <Figure tone="good" value={number(program.clients)} text={t.clientsText(program.users)} />
          </Card>
        )}
        {failed && (
          <Card title={t.failures} href={addressOf('failures')}>
            <Figure tone={bad === 0 ? 'good' : 'wait'} value={number(bad)} text={t.failuresText} />
          </Card>
        )}
      </div>
      <div className={classes.cards}>
        <PbxCard report={report} />
        <Card title={t.listeners} href={addressOf('lines')}>
          <ul>
            {report.listeners.map(({ name, transport, address, problem }) => (
              <Item
                key={`${name} ${transport} ${address}`}
                tone={problem === null ? 'good' : 'bad'}
                name={`${transport} ${address}`}
              >
                {problem ?? texts.admin.listens}
              </Item>
            ))}
          </ul>
        </Card>
        {program && <WorkersCard workers={program.workers} />}
        {program && <CertificatesCard program={program} />}
        {program && <DatabaseCard program={program} />}
        {captured && <CapturesCard captured={captured} />}
        {program && (
          <Card title={t.queues}>
            <ul>
              {program.queues.map(({ name, length, limit }) => (
                <Item key={name} tone={isFull({ name, length, limit }) ? 'bad' : 'good'} name={t.queue[name] ?? name}>
                  <span className="numbers">{t.queueOf(number(length), number(limit))}</span>
                </Item>
              ))}
            </ul>
          </Card>
        )}
        {program && <About program={program} />}
      </div>
    </>
  );
}

/** An answer of the server, or why there is none. */
interface Told<T> {
  title: string;
  report: T | null;
  failure: CauseCode | null;
}

export interface OverallProps {
  report: LineGroups;
  program: Told<Program>;
  captured: Told<Captures>;
  log: Told<Log>;
}

/** Whether everything runs, and what does not. Nothing is well that is not known. */
export function Overall({ report, program, captured, log }: OverallProps) {
  const { texts, sentence, number, language } = useTranslation();
  const t = texts.admin.status;
  const unknown = [program, captured, log].flatMap(({ title, report, failure }) =>
    report === null && failure !== null ? [t.trouble.unknown(title, sentence(failure))] : [],
  );
  const known = { report, program: program.report, captured: captured.report, log: log.report };
  const troubles = [...unknown, ...troublesOf(known, t, number, language)];
  const looking = troubles.length === 0 && Object.values(known).includes(null);
  const tone: Tone = looking ? 'off' : troubles.length === 0 ? 'good' : 'bad';
  return (
    <section className={classes.overall} data-tone={tone} role="status">
      <Sign tone={tone} size={22} />
      <div>
        {looking ? t.looking : troubles.length === 0 ? t.good : t.wrong(troubles.length)}
        {troubles.length > 0 && (
          <ul>
            {troubles.map((trouble) => (
              <li key={trouble}>{trouble}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function About({ program: { version, started_at, now, process } }: { program: Program }) {
  const { texts, language, number } = useTranslation();
  const span = useSpan();
  const t = texts.admin.status;
  return (
    <Card title={t.program}>
      <dl>
        <dt>{t.version}</dt>
        <dd className="numbers">{version}</dd>
        <dt>{t.uptime}</dt>
        <dd className="numbers">{span(now - started_at)}</dd>
        {process && (
          <>
            <dt>{t.memory}</dt>
            <dd className="numbers">{formatSize(process.memory, language)}</dd>
            <dt>{t.openFiles}</dt>
            <dd className="numbers">{t.openSockets(number(process.files), process.sockets)}</dd>
          </>
        )}
      </dl>
    </Card>
  );
}
