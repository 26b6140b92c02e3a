/** Which calls failed or were bad, by cause, line, line group and time; from here to each of them. */
import { Button, Checkbox, SegmentedControl } from '@mantine/core';
import { IconChevronRight, IconCircleCheck, IconX } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import type { CallVerdict, Failures as Report } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { verdictName } from '../i18n/verdicts';
import { ClockOffset, Moment } from './clock';
import frame from './Console.module.css';
import { axisText, Chart, momentText, OverTime } from './charts';
import { failures } from './diagnosis';
import classes from './Failures.module.css';
import { PageHead } from './PageHead';
import { useWatched } from './poller';
import { severityIcons } from './severity';
import { addressOf, choose, Link } from './route';
import {
  choiceOf,
  isUsual,
  isWhole,
  LOCAL,
  matching,
  NONE,
  overTime,
  PERIODS,
  since,
  tally,
  type Choice,
  type Count,
  type Period,
} from './tally';

const EVERY = 10_000;
/** Calls at first, and by how many more each time. */
const PORTION = 25;

export function Failures({ chosen }: { chosen: URLSearchParams }) {
  const { texts } = useTranslation();
  const offset = useContext(ClockOffset);
  const period = PERIODS.find((each) => each === chosen.get('period')) ?? 'day';
  const { report, failure } = useWatched(period, (signal) => failures(since(period, Date.now() + offset), signal), {
    every: EVERY,
  });
  const t = texts.admin.failures;
  const set = (name: string, value: string | null) => {
    const next = new URLSearchParams(chosen);
    if (value === null) next.delete(name);
    else next.set(name, value);
    // A bar of one period is none of another.
    if (name === 'period') next.delete('at');
    choose(next);
  };
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div className={frame.filters}>
        <SegmentedControl
          size="xs"
          aria-label={t.period}
          value={period}
          onChange={(value) => set('period', value)}
          data={PERIODS.map((value) => ({ value, label: t.periods[value] }))}
        />
        {report?.calls.some(isUsual) && (
          <Checkbox
            label={t.usual}
            checked={chosen.has('usual')}
            onChange={({ currentTarget: { checked } }) => set('usual', checked ? '1' : null)}
          />
        )}
      </div>
      {report === null ? (
        <p className={frame.loading}>{failure ? t.lost : texts.signIn.loading}</p>
      ) : (
        <Overview
          report={report}
          period={period}
          choice={choiceOf(chosen)}
          usual={chosen.has('usual')}
          onChoose={set}
        />
      )}
    </>
  );
}

interface OverviewProps {
  report: Report;
  period: Period;
  choice: Choice;
  usual: boolean;
  onChoose: (name: keyof Choice, value: string | null) => void;
}

function Overview({ report, period, choice, usual, onChoose }: OverviewProps) {
  const { texts, language, number } = useTranslation();
  const [portions, setPortions] = useState(1);
  const t = texts.admin.failures;
  const all = usual ? report.calls : report.calls.filter((call) => !isUsual(call));
  // The list has only the latest calls; usual ends may be all of them.
  if (!report.counts.codes.some((code) => usual || !isUsual(code))) {
    return (
      <section className={`card ${classes.good}`}>
        <IconCircleCheck size={28} aria-hidden />
        <h2>{t.none}</h2>
        <p>{t.noneText}</p>
      </section>
    );
  }
  const { counts } = report;
  const whole = isWhole(report);
  const listed = matching(all, choice, period, LOCAL);
  const counted = (name: keyof Choice, value: (call: CallVerdict) => string | null, byServer: Count[]) =>
    whole ? tally(matching(all, choice, period, LOCAL, name), value) : byServer;
  const codes = counted(
    'code',
    ({ code }) => code,
    counts.codes.filter((code) => usual || !isUsual(code)).map(({ code, count }) => ({ name: code, count })),
  );
  const about = (code: string) => counts.codes.find((each) => each.code === code);
  const codeText = (code: string) => {
    const found = about(code);
    const name = verdictName(code, language);
    if (name !== null) return name;
    return (found && (language === 'de' ? found.german : found.english)) ?? verdictName('unknown', language) ?? code;
  };
  const moments =
    whole || period === 'hour'
      ? matching(all, choice, period, LOCAL, 'at').map(({ ended_at }) => ({ at: ended_at, count: 1 }))
      : counts.hours;
  const bars = overTime(moments, report.since, report.until, period, LOCAL);
  const barText = (at: number) => momentText(at, period, language);
  const names: Record<keyof Choice, (value: string) => string> = {
    code: codeText,
    line: (line) => (line === NONE ? t.noLine : texts.admin.ladder.line(line)),
    group: (group) => (group === NONE ? t.noGroup : group),
    at: (at) => barText(Number(at)),
  };
  const dimensions = ['code', 'line', 'group', 'at'] as const;
  const active = dimensions.filter((name) => choice[name] !== null);
  const chart = (name: 'code' | 'line' | 'group', title: string, counts: Count[]) => (
    <Chart
      title={title}
      counts={counts}
      name={names[name]}
      tone={name === 'code' ? (value) => about(value)?.severity ?? 'failed' : undefined}
      chosen={choice[name]}
      onChoose={(value) => onChoose(name, value)}
    />
  );
  return (
    <>
      <div className={classes.charts}>
        <div className={classes.codes}>{chart('code', t.byCode, codes)}</div>
        <div className={classes.time}>
          <OverTime
            bars={bars}
            text={barText}
            axis={(at) => axisText(at, period, language)}
            chosen={choice.at}
            onChoose={(at) => onChoose('at', at === null ? null : String(at))}
          />
        </div>
        {chart(
          'line',
          t.byLine,
          counted('line', ({ line }) => line, counts.lines),
        )}
        {chart(
          'group',
          t.byGroup,
          counted('group', ({ group }) => group, counts.groups),
        )}
      </div>
      <section className={`card ${classes.list}`} aria-label={t.calls}>
        <div className={classes.head}>
          <h2>
            {t.calls} <b className="numbers">{number(listed.length)}</b>
          </h2>
          {active.map((name) => {
            const text = names[name](String(choice[name]));
            return (
              <button
                key={name}
                type="button"
                className={classes.chip}
                aria-label={t.remove(text)}
                title={t.remove(text)}
                onClick={() => onChoose(name, null)}
              >
                <span>{text}</span>
                <IconX size={14} aria-hidden />
              </button>
            );
          })}
        </div>
        {listed.length === 0 && <p className={classes.empty}>{t.callsNone}</p>}
        <ul>
          {listed.slice(0, portions * PORTION).map((call) => (
            <Call key={`${call.id} ${call.started_at}`} call={call} />
          ))}
        </ul>
        {listed.length > portions * PORTION && (
          <p className={classes.empty}>
            <Button variant="subtle" size="compact-sm" onClick={() => setPortions(portions + 1)}>
              {t.more(number(listed.length - portions * PORTION))}
            </Button>
          </p>
        )}
        {!whole && <p className={classes.empty}>{t.cut(report.calls.length)}</p>}
      </section>
    </>
  );
}

function Call({ call }: { call: CallVerdict }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.failures;
  const Icon = severityIcons[call.severity];
  const name = texts.admin.ladder.title(
    call.caller ?? texts.admin.ladder.unknown,
    call.called ?? texts.admin.calls.service,
  );
  const where = [call.line === null ? null : texts.admin.ladder.line(call.line), call.group]
    .filter(Boolean)
    .join(' · ');
  const content = (
    <>
      <Icon className={classes.sign} size={20} aria-label={texts.admin.ladder.severity[call.severity]} />
      <span className={classes.who}>
        <b className="numbers">{name}</b>
        <span className={classes.dim}>
          <Moment at={call.ended_at} say={texts.admin.ago} />
          {where && ` · ${where}`}
        </span>
      </span>
      <span className={classes.why}>
        {language === 'de' ? call.german : call.english}
        {!call.traced && <span className={classes.dim}> {t.untraced}</span>}
      </span>
      {call.traced && <IconChevronRight className={classes.go} size={18} aria-hidden />}
    </>
  );
  return (
    <li data-severity={call.severity}>
      {call.traced ? <Link href={addressOf('calls', call.id)}>{content}</Link> : <div>{content}</div>}
    </li>
  );
}
