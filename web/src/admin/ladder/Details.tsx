/** One event, whole. */
import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconChevronDown, IconChevronUp, IconCopy } from '@tabler/icons-react';
import type { TraceEvent, Verdict } from '../../generated/protocol';
import { useTranslation } from '../../i18n';
import classes from './Details.module.css';
import type { Picture } from './Drawing';
import { wholeText } from './words';

export interface DetailsProps {
  picture: Picture;
  /** Place of the row. */
  place: number;
  verdict: Verdict;
  timeOfDay: (at: number) => string;
  onMove: (place: number) => void;
}

export function Details({ picture, place, verdict, timeOfDay, onMove }: DetailsProps) {
  const { texts, language, number } = useTranslation();
  const t = texts.admin.ladder;
  const row = picture.placed.rows[place];
  const event = row && picture.events[row.event];
  if (!event) return <p className={classes.choose}>{t.choose}</p>;
  const { title, about } = picture.words(event);
  const { what } = event;
  const party = (at: number) => picture.parties[at]?.name ?? '?';
  const count = picture.placed.rows.length;
  const whole = wholeText(event);
  const reasons = verdict.evidence.filter(
    ({ event: at }) => at !== null && (at === row.event || row.repeats.includes(at)),
  );
  const last = picture.events[row.repeats.at(-1) ?? -1];
  return (
    <div className={classes.details}>
      <div className={classes.bar}>
        <h3>{title}</h3>
        <span className={`numbers ${classes.position}`}>{t.position(number(place + 1), number(count))}</span>
        <Move label={t.previous} to={place - 1} icon={IconChevronUp} count={count} onMove={onMove} />
        <Move label={t.next} to={place + 1} icon={IconChevronDown} count={count} onMove={onMove} />
      </div>
      <p className={`numbers ${classes.dim}`}>
        {event.from === event.to ? party(event.from) : `${party(event.from)} → ${party(event.to)}`} ·{' '}
        {[...new Set([picture.time(event.at), timeOfDay(event.at)])].join(' · ')}
      </p>
      {what.kind === 'sip' && (
        <p className={`numbers ${classes.dim}`}>{t.way(what.transport.toUpperCase(), what.source, what.destination)}</p>
      )}
      {last && (
        <p className={`numbers ${classes.again}`}>{t.repeatedUntil(row.repeats.length + 1, picture.time(last.at))}</p>
      )}
      {reasons.map(({ english, german }) => (
        <p key={english} className={classes.reason}>
          {language === 'de' ? german : english}
        </p>
      ))}
      {what.kind === 'step' && (
        <dl className={classes.facts}>
          <dt>{t.input}</dt>
          <dd>{what.input}</dd>
          <dt>{t.before}</dt>
          <dd>{what.before || '–'}</dd>
          <dt>{t.after}</dt>
          <dd>{what.after || '–'}</dd>
        </dl>
      )}
      {(what.kind === 'media' || what.kind === 'failure') && about && <p className={classes.said}>{about}</p>}
      {whole !== null && (
        <div className={classes.message}>
          <CopyButton value={what.kind === 'sip' ? what.text : whole}>
            {({ copied, copy }) => (
              <ActionIcon
                className={classes.copy}
                variant="default"
                size={30}
                aria-label={copied ? t.copied : t.copy}
                title={copied ? t.copied : t.copy}
                onClick={copy}
              >
                {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              </ActionIcon>
            )}
          </CopyButton>
          <pre className={classes.text} tabIndex={0} aria-label={t.message}>
            {whole.split('\n').map((line, at) => (
              <Line key={at} text={line} sip={what.kind === 'sip'} deciding={decides(line, reasons)} />
            ))}
          </pre>
        </div>
      )}
    </div>
  );
}

interface MoveProps {
  label: string;
  to: number;
  icon: typeof IconChevronUp;
  count: number;
  onMove: (place: number) => void;
}

function Move({ label, to, icon: Icon, count, onMove }: MoveProps) {
  const over = to < 0 || to >= count;
  return (
    <ActionIcon
      variant="default"
      size={30}
      aria-label={label}
      title={label}
      // Never disabled: that would take the focus away at either end.
      aria-disabled={over}
      data-disabled={over || undefined}
      onClick={() => !over && onMove(to)}
    >
      <Icon size={17} aria-hidden />
    </ActionIcon>
  );
}

/** Whether the verdict quotes this line. */
function decides(line: string, reasons: readonly { english: string }[]): boolean {
  const text = line.trim();
  return text.length > 4 && reasons.some(({ english }) => english.includes(text));
}

/** A line of a message: the name of a header or of an SDP line stands out. */
function Line({ text, sip, deciding }: { text: string; sip: boolean; deciding: boolean }) {
  const [, name, rest] = (sip && /^([\w-]+\s*:|[a-z]=)(.*)$/s.exec(text)) || [];
  return (
    <span className={classes.line} data-deciding={deciding || undefined}>
      {name ? (
        <>
          <b>{name}</b>
          {rest}
        </>
      ) : (
        text
      )}
      {'\n'}
    </span>
  );
}

/** What an event is called where there is little room. */
export function shortName(event: TraceEvent | undefined, picture: Picture): string {
  return event ? `${picture.time(event.at)} ${picture.words(event).title}` : '';
}
