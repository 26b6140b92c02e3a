/** A group's lines, a page of them at a time. */
import { Pagination } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClock,
  IconLoader2,
  IconLogout,
  IconPower,
  IconRefresh,
  type Icon,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { Cause, LineReport, LineState } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Countdown, Moment } from './clock';
import classes from './LineTable.module.css';
import { pageOf, toneOf } from './model';
import { addressOf, Link } from './route';

export const stateIcons: Record<LineState, Icon> = {
  registered: IconCircleCheck,
  ready: IconCircleCheck,
  failed: IconAlertTriangle,
  unregistered: IconLogout,
  registering: IconLoader2,
  waiting: IconClock,
  inactive: IconPower,
};

export interface LineTableProps {
  group: string;
  lines: LineReport[];
  /** Lines that are being reset. */
  resetting: ReadonlySet<string>;
  onReset: (line: LineReport) => void;
}

export function LineTable({ group, lines, resetting, onReset }: LineTableProps) {
  const { texts, number } = useTranslation();
  const [wanted, setWanted] = useState(1);
  const { items, page, pages, first } = pageOf(lines, wanted);
  const t = texts.admin;
  const columns = Object.entries(t.column);
  // Roles are given because narrow windows lay the rows out as cards, which takes a table's own meaning away.
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.table} role="table" aria-label={t.table(group)} aria-rowcount={lines.length + 1}>
          <thead role="rowgroup">
            <tr role="row" aria-rowindex={1}>
              {columns.map(([key, label]) => (
                <th key={key} scope="col" role="columnheader" data-column={key}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {items.map((line, at) => (
              <LineRow
                key={line.id}
                index={first + at + 1}
                line={line}
                resetting={resetting.has(line.id)}
                onReset={onReset}
              />
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav className={classes.pages} aria-label={t.pages(group)}>
          <span className="numbers">
            {t.range(number(first), number(first + items.length - 1), number(lines.length))}
          </span>
          <Pagination
            size="sm"
            total={pages}
            value={page}
            onChange={setWanted}
            getItemProps={(place) => ({ 'aria-label': t.page(place) })}
            getControlProps={(control) => ({ 'aria-label': control === 'previous' ? t.previous : t.next })}
          />
        </nav>
      )}
    </>
  );
}

interface LineRowProps {
  /** Its place in the table, from 2 as the header is the first. */
  index: number;
  line: LineReport;
  resetting: boolean;
  onReset: (line: LineReport) => void;
}

function LineRow({ index, line, resetting, onReset }: LineRowProps) {
  const { texts } = useTranslation();
  const t = texts.admin;
  const error = line.last_error?.cause ?? line.cause;
  return (
    <tr role="row" aria-rowindex={index} data-tone={toneOf(line.state)}>
      <th scope="row" role="rowheader" data-column="number" data-label={t.column.number}>
        <Link
          className={`numbers ${classes.number}`}
          href={addressOf('lines', line.number)}
          title={t.ladder.latelyOf(line.number)}
        >
          {line.number}
        </Link>
        {line.pilot && (
          <span className={classes.pilot} title={t.pilotText}>
            {t.pilot}
          </span>
        )}
      </th>
      <td role="cell" data-label={t.column.userName} className="numbers">
        {line.user_name}
      </td>
      <td role="cell" data-label={t.column.state}>
        <StateMark state={line.state} />
      </td>
      <td role="cell" data-label={t.column.until} data-empty={line.until === null || undefined}>
        {line.until === null ? '–' : <Moment at={line.until} say={t.in} />}
      </td>
      <td role="cell" data-label={t.column.target} data-empty={line.target === null || undefined}>
        <span className={`numbers ${classes.target}`}>{line.target ?? '–'}</span>
      </td>
      <td role="cell" data-label={t.column.lastError} data-column="lastError" data-empty={!error || undefined}>
        {error ? <Words cause={error} at={line.last_error?.at ?? null} past={line.cause === null} /> : '–'}
      </td>
      <td role="cell" data-label={t.column.retries} data-empty={line.retries === 0 || undefined} className="numbers">
        {line.retries === 0 ? '–' : line.retries}
      </td>
      <td role="cell" data-label={t.column.nextTry} data-empty={line.next_try === null || undefined}>
        {line.next_try === null ? '–' : <Countdown at={line.next_try} />}
      </td>
      <td role="cell" data-column="action">
        {line.state !== 'inactive' && (
          // Never disabled: that would take the focus away.
          <button
            type="button"
            className={classes.reset}
            aria-label={t.resetLine(line.number)}
            aria-busy={resetting}
            onClick={() => {
              if (!resetting) onReset(line);
            }}
          >
            <IconRefresh size={15} aria-hidden />
            {resetting ? t.resetting : t.reset}
          </button>
        )}
      </td>
    </tr>
  );
}

/** A state as colour, sign and word. */
export function StateMark({ state }: { state: LineState }) {
  const { texts } = useTranslation();
  const Sign = stateIcons[state];
  return (
    <span className={classes.state} data-tone={toneOf(state)}>
      <Sign size={15} aria-hidden />
      {texts.admin.state[state]}
    </span>
  );
}

/** What went wrong, in our words and in the other side's. */
export function Words({ cause, at, past }: { cause: Cause; at: number | null; past: boolean }) {
  const { texts, sentence } = useTranslation();
  const own = [cause.sip_status === null ? null : texts.ended.sip(cause.sip_status), cause.detail].filter(Boolean);
  return (
    <span className={classes.words} data-past={past || undefined}>
      {sentence(cause.code)}
      <small>
        {own.join(' ')}
        {own.length > 0 && at !== null && ' · '}
        {at !== null && <Moment at={at} say={texts.admin.ago} />}
      </small>
    </span>
  );
}
