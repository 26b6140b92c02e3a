/** Bars that calls are counted by; each narrows a list down, or leads to the calls that it stands for. */
import { Button } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { useTranslation } from '../i18n';
import classes from './Failures.module.css';
import { Link } from './route';
import type { Bar, Count, Period } from './tally';

/** Bars of a chart at first. */
const FIRST = 6;

interface LyingProps {
  counts: readonly Count[];
  name: (value: string) => string;
  tone?: (value: string) => string;
  /** Makes a button or a link of a bar. */
  bar: (value: string, tone: string | undefined, content: ReactNode) => ReactNode;
}

/** Lying bars. */
function Lying({ counts, name, tone, bar }: LyingProps) {
  const { number } = useTranslation();
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return (
    <ul>
      {counts.map(({ name: value, count }) => (
        <li key={value}>
          {bar(
            value,
            tone?.(value),
            <>
              <span className={classes.label}>{name(value)}</span>
              <b className="numbers">{number(count)}</b>
              <span className={classes.track} aria-hidden>
                <span style={{ width: `${(count / most) * 100}%` }} />
              </span>
            </>,
          )}
        </li>
      ))}
    </ul>
  );
}

/** Lying bars that lead elsewhere. */
export function Leading({ href, ...bars }: Omit<LyingProps, 'bar'> & { href: (value: string) => string }) {
  return (
    <div className={classes.leading}>
      <Lying
        {...bars}
        bar={(value, tone, content) => (
          <Link href={href(value)} data-tone={tone}>
            {content}
          </Link>
        )}
      />
    </div>
  );
}

interface ChartProps extends Omit<LyingProps, 'bar'> {
  title: string;
  chosen: string | null;
  onChoose: (value: string | null) => void;
}

/** Lying bars, each a button that narrows the list down. */
export function Chart({ title, counts, name, tone, chosen, onChoose }: ChartProps) {
  const { texts, number } = useTranslation();
  const id = useId();
  const [all, setAll] = useState(false);
  const t = texts.admin.failures;
  return (
    <section className={`card ${classes.chart}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Lying
        counts={all ? counts : counts.slice(0, FIRST)}
        name={name}
        tone={tone}
        bar={(value, tone, content) => (
          <button
            type="button"
            aria-pressed={chosen === value}
            data-tone={tone}
            title={t.only(name(value))}
            onClick={() => onChoose(chosen === value ? null : value)}
          >
            {content}
          </button>
        )}
      />
      {counts.length > FIRST && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(!all)}>
          {all ? t.fewer : t.more(number(counts.length - FIRST))}
        </Button>
      )}
    </section>
  );
}

interface OverTimeProps {
  bars: Bar[];
  /** A bar's time, and the same in short for below it. */
  text: (at: number) => string;
  axis: (at: number) => string;
  chosen: number | null;
  onChoose: (at: number | null) => void;
}

/** Standing bars, each a button. */
export function OverTime({ bars, text, axis, chosen, onChoose }: OverTimeProps) {
  const { texts, number } = useTranslation();
  const id = useId();
  const t = texts.admin.failures;
  return (
    <section className={`card ${classes.chart}`} aria-labelledby={id}>
      <h2 id={id}>{t.byHour}</h2>
      <Standing
        bars={bars}
        axis={axis}
        bar={({ at, count }, content) => {
          const said = t.count(text(at), number(count));
          const empty = count === 0 && chosen !== at;
          return (
            <button
              type="button"
              // Not disabled: that would take the focus away when it empties. Nobody need stop there.
              aria-disabled={empty}
              tabIndex={empty ? -1 : undefined}
              aria-pressed={chosen === at}
              aria-label={said}
              title={said}
              onClick={() => !empty && onChoose(chosen === at ? null : at)}
            >
              {content}
            </button>
          );
        }}
      />
    </section>
  );
}

/** A standing bar, of which a part can be bad. */
export interface Parted extends Bar {
  bad?: number;
}

interface StandingProps {
  bars: readonly Parted[];
  axis: (at: number) => string;
  /** Makes a button or a link of a bar. */
  bar: (of: Parted, content: ReactNode) => ReactNode;
}

/** Standing bars. */
export function Standing({ bars, axis, bar }: StandingProps) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  // About six of them have room for their time.
  const each = Math.max(1, Math.ceil(bars.length / 6));
  return (
    <div className={classes.columns}>
      {bars.map((of, place) => (
        <div key={of.at} className={classes.column}>
          {bar(
            of,
            <span
              style={{ height: of.count === 0 ? 2 : `${Math.max(6, (of.count / most) * 100)}%` }}
              data-empty={of.count === 0 || undefined}
            >
              {of.bad !== undefined && of.bad > 0 && (
                <span style={{ height: `${Math.max(8, (of.bad / of.count) * 100)}%` }} />
              )}
            </span>,
          )}
          <span className={`numbers ${classes.axis}`} aria-hidden>
            {place % each === 0 ? axis(of.at) : ''}
          </span>
        </div>
      ))}
    </div>
  );
}

/** When a bar begins. */
export function momentText(at: number, period: Period, language: string): string {
  const date = new Date(at);
  return period === 'month'
    ? date.toLocaleDateString(language, { weekday: 'short', day: 'numeric', month: 'long' })
    : date.toLocaleString(language, {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
      });
}

/** The same in short, for below it. */
export function axisText(at: number, period: Period, language: string): string {
  const date = new Date(at);
  return period === 'hour' || period === 'day'
    ? date.toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' })
    : date.toLocaleDateString(language, { day: 'numeric', month: 'numeric' });
}
