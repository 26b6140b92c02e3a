/** The first page: what an administrator wants to know at one look, and what to do next on a young server. */
import { CloseButton } from '@mantine/core';
import { IconChevronRight, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import type { Failures, LineGroups } from '../generated/protocol';
import type { Audit } from '../generated/site';
import { useTranslation } from '../i18n';
import { verdictName } from '../i18n/verdicts';
import { get } from '../protocol/http';
import { Card, CapturesCard, CertificatesCard, DatabaseCard, Figure, PbxCard, WorkersCard } from './cards';
import { axisText, Leading, momentText, Standing } from './charts';
import { ClockOffset, Moment, useSpan } from './clock';
import { dayOf, ringOf, stepsOf, todayOf, type Step } from './glance';
import classes from './Dashboard.module.css';
import { captures, failures, status } from './diagnosis';
import { log } from './log';
import { PageHead } from './PageHead';
import { calls, useWatched } from './poller';
import { addressOf, Link } from './route';
import { toldOf } from './site/AuditPage';
import { ANY, listOf } from './site/objects';
import { useMayChange } from './site/role';
import { Overall } from './Status';
import { LOCAL, type Count } from './tally';

/** How often what changes at once, soon and seldom is asked for, in ms. */
const AT_ONCE = 3_000;
const SOON = 10_000;
const SELDOM = 30_000;
/** Changes that are shown, and connections, and certificates. */
const CHANGES = 6;
const GROUPS = 5;
const CERTIFICATES = 3;
/** Where it is noted that somebody does not want to be told what to do next. */
const HIDDEN = 'offhook-next-hidden';

export function Dashboard({ report }: { report: LineGroups }) {
  const { texts, number } = useTranslation();
  const offset = useContext(ClockOffset);
  const span = useSpan();
  const today = dayOf(Date.now() + offset, LOCAL);
  const ofProgram = useWatched('status', status, { every: AT_ONCE });
  const { report: running } = useWatched('calls', calls, { every: AT_ONCE });
  const { report: ended } = useWatched(`ended ${today}`, (signal) => failures(today, signal), { every: SOON });
  const ofCaptures = useWatched('captures', captures, { every: SOON });
  const ofLog = useWatched('log', log, { every: SOON });
  const { report: users } = useWatched('users', () => listOf('users', ANY, null, 1), { every: SELDOM });
  const { report: audit } = useWatched('audit', latest, { every: SOON });
  const program = ofProgram.report;
  const captured = ofCaptures.report;
  const t = texts.admin.dashboard;
  const s = texts.admin.status;
  const steps = stepsOf(report, users?.total ?? null, program?.clients ?? null);
  return (
    <>
      <PageHead title={t.title} lead={program ? t.lead(program.version, span(program.now - program.started_at)) : ''} />
      <Overall
        report={report}
        program={{ title: s.program, ...ofProgram }}
        captured={{ title: s.captures, ...ofCaptures }}
        log={{ title: texts.admin.log.title, ...ofLog }}
      />
      {steps && <Next steps={steps} />}
      <div className={classes.wide}>
        <Calls running={running?.running.length ?? null} ended={ended} />
        <Causes ended={ended} />
      </div>
      <div className={classes.cards}>
        <Lines report={report} />
        <PbxCard report={report} most={GROUPS} />
        {program && (
          <Card title={s.clients}>
            <Figure tone="good" value={number(program.clients)} text={s.clientsText(program.users)} />
          </Card>
        )}
        {program && <WorkersCard workers={program.workers} />}
        {program && <DatabaseCard program={program} />}
        {program && <CertificatesCard program={program} most={CERTIFICATES} />}
        {captured && <CapturesCard captured={captured} />}
        <Changes audit={audit} />
      </div>
    </>
  );
}

const latest = (signal?: AbortSignal) => get<Audit>(`/api/v1/admin/audit?limit=${CHANGES}`, signal);

/** The calls of this day, an hour a bar. */
function Calls({ running, ended }: { running: number | null; ended: Failures | null }) {
  const { texts, number, language } = useTranslation();
  const t = texts.admin.dashboard;
  const today = ended && todayOf(ended, LOCAL);
  const share = today && today.all > 0 ? Math.round((1000 * today.bad) / today.all) / 10 : 0;
  return (
    <Card title={t.calls} href={addressOf('calls')} className={classes.calls}>
      <div className={classes.figures}>
        {running !== null && <Figure tone="good" value={number(running)} text={t.now} />}
        {today && <Figure tone="good" value={number(today.all)} text={t.today} />}
        {today && (
          <Figure
            tone={today.bad === 0 ? 'good' : 'wait'}
            value={number(today.bad)}
            text={t.failed(`${number(share)} %`)}
          />
        )}
      </div>
      {today && (
        <>
          <Standing
            bars={today.bars}
            axis={(at) => axisText(at, 'day', language)}
            bar={({ at, count, bad }, content) => {
              const said = t.hour(momentText(at, 'day', language), count, number(bad ?? 0));
              // An hour without bad calls has nothing on the page of failures.
              return bad ? (
                <Link href={`${addressOf('failures')}?period=day&at=${at}`} aria-label={said} title={said}>
                  {content}
                </Link>
              ) : (
                <span className={classes.column} title={said}>
                  {content}
                </span>
              );
            }}
          />
          <p className={classes.legend} aria-hidden>
            <span data-tone="good">{t.well}</span>
            <span data-tone="bad">{t.bad}</span>
          </p>
        </>
      )}
    </Card>
  );
}

function Causes({ ended }: { ended: Failures | null }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.dashboard;
  const causes: Count[] = ended ? todayOf(ended, LOCAL).causes : [];
  const about = (code: string) => ended?.counts.codes.find((each) => each.code === code);
  const name = (code: string) => {
    const found = about(code);
    return verdictName(code, language) ?? (found && (language === 'de' ? found.german : found.english)) ?? code;
  };
  return (
    <Card title={t.causes} href={addressOf('failures')}>
      {causes.length > 0 ? (
        <Leading
          counts={causes}
          name={name}
          tone={(code) => about(code)?.severity ?? 'failed'}
          href={(code) => `${addressOf('failures')}?period=day&code=${encodeURIComponent(code)}`}
        />
      ) : (
        ended && (
          <p className={classes.well}>
            <IconCircleCheck size={22} aria-hidden /> {t.noneFailed}
          </p>
        )
      )}
    </Card>
  );
}

/** The radius of the ring whose circumference is 100. */
const RADIUS = 100 / (2 * Math.PI);

/** All lines as a ring. */
function Lines({ report }: { report: LineGroups }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.dashboard;
  const parts = ringOf(report);
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  const usable = parts.find(({ tone }) => tone === 'good')?.count ?? 0;
  let from = 0;
  const arcs = parts.map(({ tone, count }) => {
    const length = (100 * count) / all;
    from += length;
    return { tone, length, offset: 25 - from + length };
  });
  return (
    <Card title={t.lines} href={addressOf('lines')}>
      {all === 0 ? (
        <p>{t.noLines}</p>
      ) : (
        <div className={classes.ring}>
          <svg viewBox="0 0 40 40" role="img" aria-label={t.linesChart(number(usable), number(all))}>
            <circle cx="20" cy="20" r={RADIUS} />
            {arcs.map(({ tone, length, offset }) => (
              <circle
                key={tone}
                cx="20"
                cy="20"
                r={RADIUS}
                data-tone={tone}
                strokeDasharray={`${length} ${100 - length}`}
                strokeDashoffset={offset}
              />
            ))}
            <text x="20" y="20" dominantBaseline="central" textAnchor="middle">
              {number(usable)}
            </text>
          </svg>
          <p>{t.linesChart(number(usable), number(all))}</p>
        </div>
      )}
    </Card>
  );
}

function Changes({ audit }: { audit: Audit | null }) {
  const { texts } = useTranslation();
  const t = texts.admin.dashboard;
  const a = texts.admin.site.audit;
  return (
    <Card title={t.changes} href={addressOf('audit')}>
      {audit?.entries.length === 0 && <p>{t.noChanges}</p>}
      <ul className={classes.changes}>
        {audit?.entries.map((entry) => {
          const { who, did, sort, href } = toldOf(entry, a);
          return (
            <li key={entry.id}>
              <span>
                {sort} {href !== null ? <Link href={href}>{entry.title}</Link> : <b>{entry.title}</b>} {did}
              </span>
              <span className={classes.dim}>
                {who} · <Moment at={entry.at} say={texts.admin.ago} />
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function Next({ steps }: { steps: { step: Step; done: boolean }[] }) {
  const { texts } = useTranslation();
  const mayLines = useMayChange('line_groups');
  const mayUsers = useMayChange('users');
  const [hidden, setHidden] = useState(() => window.localStorage.getItem(HIDDEN) !== null);
  const t = texts.admin.dashboard.next;
  if (hidden) return null;
  const hrefs: Record<Step, string | null> = {
    pbx: mayLines ? addressOf('line_groups', 'new') : null,
    line: mayLines ? addressOf('line_groups') : null,
    user: mayUsers ? addressOf('users', 'new') : null,
    client: '/',
  };
  return (
    <section className={`card ${classes.next}`} aria-label={t.title}>
      <h2>{t.title}</h2>
      <CloseButton
        className={classes.hide}
        aria-label={t.hide}
        title={t.hide}
        onClick={() => {
          window.localStorage.setItem(HIDDEN, '1');
          setHidden(true);
        }}
      />
      <ol>
        {steps.map(({ step, done }) => {
          const href = hrefs[step];
          const Icon = done ? IconCircleCheck : IconCircleDashed;
          const content = (
            <>
              <Icon size={22} aria-label={done ? t.done : undefined} aria-hidden={!done} />
              <span>
                <b>{t[step]}</b>
                <span className={classes.dim}>{t[`${step}Text`]}</span>
              </span>
              {href !== null && !done && <IconChevronRight size={18} aria-hidden />}
            </>
          );
          return (
            <li key={step} data-done={done || undefined}>
              {href === null || done ? (
                <div>{content}</div>
              ) : step === 'client' ? (
                <a href={href}>{content}</a>
              ) : (
                <Link href={href}>{content}</Link>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
