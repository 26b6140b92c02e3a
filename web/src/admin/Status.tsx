/** Whether everything runs: one card for each part of the server, with a link to where more is said. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useContext, type ReactNode } from 'react';
import type { Certificate, LineGroups, Status as Program } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { ClockOffset, Moment, useSpan } from './clock';
import frame from './Console.module.css';
import { captures, failures, status } from './diagnosis';
import { healthOf, toneOf, type Tone } from './model';
import { calls, useWatched } from './poller';
import { addressOf, Link } from './route';
import { formatSize } from './size';
import classes from './Status.module.css';
import { since } from './tally';

const EVERY = 10_000;
/** A certificate that ends sooner needs a look. */
const SOON = 21 * 24 * 3600_000;

export function Status({ report }: { report: LineGroups }) {
  const { texts, language } = useTranslation();
  const offset = useContext(ClockOffset);
  const now = report.now;
  const { report: program } = useWatched('status', status, { every: EVERY });
  const { report: running } = useWatched('calls', calls, { every: EVERY });
  const { report: failed } = useWatched('day', () => failures(since('day', Date.now() + offset)), { every: EVERY });
  const { report: captured } = useWatched('captures', captures, { every: EVERY });
  const t = texts.admin.status;
  const number = (value: number) => value.toLocaleString(language);

  const groups = report.line_groups.map((group) => ({ group, health: healthOf(group) }));
  const lines = report.line_groups.flatMap((group) => group.lines);
  const usable = lines.filter(({ state }) => toneOf(state) === 'good').length;
  const deaf = report.listeners.filter(({ problem }) => problem !== null);
  const certificates = program?.certificates.map((each) => ({ ...each, tone: toneOfCertificate(each, now) })) ?? [];
  // The list has only the latest; the counts have all.
  const codes = failed?.counts.codes.filter(({ severity }) => severity === 'bad' || severity === 'failed') ?? [];
  const bad = codes.reduce((sum, { count }) => sum + count, 0);
  const toneOfLines: Tone = lines.some(({ state }) => toneOf(state) === 'bad') ? 'bad' : 'good';
  const problems =
    groups.filter(({ health }) => health === 'failing' || health === 'degraded').length +
    deaf.length +
    certificates.filter(({ tone }) => tone !== 'good').length +
    (program?.database.problem ? 1 : 0) +
    (program?.workers.filter(({ overloaded }) => overloaded).length ?? 0) +
    (captured?.stopped ? 1 : 0);

  return (
    <>
      <div className={frame.top}>
        <h1 className={frame.title}>{t.title}</h1>
        <p className={frame.summary}>{t.lead}</p>
      </div>
      <p className={classes.overall} data-tone={problems === 0 ? 'good' : 'bad'} role="status">
        <Sign tone={problems === 0 ? 'good' : 'bad'} size={22} />
        {problems === 0 ? t.good : t.wrong(problems)}
      </p>
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
            <Figure
              tone="good"
              value={number(program.clients)}
              text={t.clientsText(program.users, number(program.users))}
            />
          </Card>
        )}
        {failed && (
          <Card title={t.failures} href={addressOf('failures')}>
            <Figure tone={bad === 0 ? 'good' : 'wait'} value={number(bad)} text={t.failuresText} />
          </Card>
        )}
      </div>
      <div className={classes.cards}>
        <Card title={t.pbx} href={addressOf('lines')}>
          <ul>
            {groups.map(({ group, health }) => {
              const tone = {
                failing: 'bad',
                degraded: 'wait',
                settling: 'wait',
                working: 'good',
                empty: 'off',
              } as const;
              return (
                <Item key={group.id} tone={tone[health]} name={group.name}>
                  {texts.admin.health[health]}
                </Item>
              );
            })}
          </ul>
        </Card>
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
        {program && program.workers.length > 0 && (
          <Card title={t.workers}>
            <ul>
              {program.workers.map(({ load, late, overloaded }, at) => (
                <Item key={at} tone={overloaded || load > 80 ? 'bad' : 'good'} name={t.worker(number(at + 1))}>
                  <span className="numbers">
                    {t.load} {number(Math.round(load))} %{late >= 1 && `, ${t.late(`${number(Math.round(late))} %`)}`}
                    {overloaded && `, ${t.overloaded}`}
                  </span>
                </Item>
              ))}
            </ul>
          </Card>
        )}
        {program && (
          <Card title={t.certificates}>
            {certificates.length === 0 ? (
              <p>{t.noCertificates}</p>
            ) : (
              <ul>
                {certificates.map(({ used_by, file, names, expires_at, problem, tone }) => (
                  <Item key={`${used_by} ${file}`} tone={tone} name={names.join(', ') || file}>
                    {problem ?? (expires_at !== null && <Expiry at={expires_at} now={now} />)}
                    <span className={classes.by}>
                      {t.use}: {used_by} · {file}
                    </span>
                  </Item>
                ))}
              </ul>
            )}
          </Card>
        )}
        {program && (
          <Card title={t.database}>
            <ul>
              <Item
                tone={program.database.problem ? 'bad' : 'good'}
                name={program.database.problem ? t.attention : t.works}
              >
                {program.database.problem ??
                  (program.database.size !== null && t.databaseSize(formatSize(program.database.size, language)))}
              </Item>
            </ul>
          </Card>
        )}
        {captured && (
          <Card title={t.captures} href={addressOf('captures')}>
            <ul>
              <Item
                tone={captured.stopped ? 'bad' : 'good'}
                name={
                  captured.stopped ? texts.admin.captures.stopped : capturingText(captured.groups, texts.admin.captures)
                }
              >
                {captured.stopped ??
                  texts.admin.captures.used(
                    formatSize(captured.total, language),
                    formatSize(captured.total_limit, language),
                  )}
              </Item>
            </ul>
          </Card>
        )}
        {program && (
          <Card title={t.queues}>
            <ul>
              {program.queues.map(({ name, length, limit }) => (
                <Item key={name} tone={length > 0.8 * limit ? 'bad' : 'good'} name={t.queue[name] ?? name}>
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

function capturingText(
  groups: { name: string; capturing: boolean }[],
  t: { capturing: (names: string) => string; notCapturing: string },
): string {
  const names = groups.filter(({ capturing }) => capturing).map(({ name }) => name);
  return names.length === 0 ? t.notCapturing : t.capturing(names.join(', '));
}

function toneOfCertificate({ expires_at, problem }: Certificate, now: number): Tone {
  if (problem !== null || (expires_at !== null && expires_at <= now)) return 'bad';
  return expires_at !== null && expires_at - now < SOON ? 'wait' : 'good';
}

function Expiry({ at, now }: { at: number; now: number }) {
  const { texts } = useTranslation();
  const t = texts.admin.status;
  return (
    <>
      {at > now && `${t.expires} `}
      <Moment at={at} say={at > now ? t.expiresIn : t.expired} />
    </>
  );
}

function About({ program: { version, started_at, now, process } }: { program: Program }) {
  const { texts, language } = useTranslation();
  const span = useSpan();
  const t = texts.admin.status;
  const number = (value: number) => value.toLocaleString(language);
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
            <dd className="numbers">{t.openSockets(number(process.files), number(process.sockets))}</dd>
          </>
        )}
      </dl>
    </Card>
  );
}

function Card({ title, href, children }: { title: string; href?: string; children: ReactNode }) {
  return (
    <section className={`card ${classes.card}`} aria-label={title}>
      <h2>{href ? <Link href={href}>{title}</Link> : title}</h2>
      {children}
    </section>
  );
}

function Figure({ tone, value, text }: { tone: Tone; value: string; text: string }) {
  return (
    <p className={classes.figure} data-tone={tone}>
      <b className="numbers">{value}</b>
      <span>{text}</span>
    </p>
  );
}

function Item({ tone, name, children }: { tone: Tone; name: string; children?: ReactNode }) {
  return (
    <li className={classes.item} data-tone={tone}>
      <Sign tone={tone} size={17} />
      <span>
        <b>{name}</b>
        <span className={classes.about}>{children}</span>
      </span>
    </li>
  );
}

function Sign({ tone, size }: { tone: Tone; size: number }) {
  const Icon = tone === 'bad' || tone === 'wait' ? IconAlertTriangle : IconCircleCheck;
  return <Icon size={size} aria-hidden />;
}
