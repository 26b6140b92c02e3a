/** The ladder as a table: for who reads better in rows, and for who listens. */
import { memo, useState } from 'react';
import { useTranslation } from '../../i18n';
import { TableFrame } from '../PlainTable';
import classes from './Trace.module.css';
import type { Picture } from './Drawing';

/** Rows at first; more are felt. */
const FIRST = 200;

export interface EventTableProps {
  picture: Picture;
  /** Whether it is for the eyes, too. */
  visible: boolean;
  selected: number;
  /** An event was chosen; by a key, or by a mouse or finger. */
  onPick: (place: number, byKey: boolean) => void;
  /** An event was pressed twice. */
  onOpen: (place: number) => void;
}

/** Drawn anew only when something in it changes: moving in the ladder must stay quick. */
export const EventTable = memo(function EventTable({ picture, visible, selected, onPick, onOpen }: EventTableProps) {
  const { texts, number } = useTranslation();
  const [all, setAll] = useState(false);
  const t = texts.admin.ladder;
  const { rows } = picture.placed;
  const shown = all ? rows : rows.slice(0, FIRST);
  const party = (at: number) => picture.parties[at]?.name ?? '?';
  return (
    <TableFrame
      label={t.heading}
      columns={[t.table.time, t.table.from, t.table.to, t.table.what, t.table.more]}
      sticking
      className={visible ? undefined : classes.unseen}
      tableClassName={classes.events}
      below={
        shown.length < rows.length && (
          <p className={classes.more}>
            {t.shownOf(number(shown.length), rows.length)}{' '}
            <button type="button" tabIndex={visible ? 0 : -1} onClick={() => setAll(true)}>
              {t.showAll(number(rows.length))}
            </button>
          </p>
        )
      }
    >
      <tbody>
        {shown.map((row, place) => {
          const event = picture.events[row.event];
          if (!event) return null;
          const { title, about, tone } = picture.words(event);
          const marks = picture.marks.get(place);
          return (
            <tr
              key={row.event}
              data-chosen={(visible && place === selected) || undefined}
              data-marked={marks ? true : undefined}
            >
              <td className="numbers">{picture.time(event.at)}</td>
              <td>{party(event.from)}</td>
              <td>{event.from === event.to ? '' : party(event.to)}</td>
              <td>
                <button
                  type="button"
                  className={classes.event}
                  data-tone={tone}
                  // Who sees the ladder moves in the ladder.
                  tabIndex={visible ? 0 : -1}
                  // A key's click has no count.
                  onClick={({ detail }) => onPick(place, detail === 0)}
                  onDoubleClick={() => onOpen(place)}
                >
                  {title}
                </button>
                {row.repeats.length > 0 && <b className={classes.times}> {picture.repeated(row.repeats.length + 1)}</b>}
                {marks && (
                  <span className={classes.marked}>
                    {' '}
                    {t.evidence}: {marks.join(', ')}
                  </span>
                )}
              </td>
              <td className={classes.about}>{about}</td>
            </tr>
          );
        })}
      </tbody>
    </TableFrame>
  );
});
