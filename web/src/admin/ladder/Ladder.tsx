/** The ladder on the page: one moves in it by mouse, finger or keys. Only what can be seen is drawn. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from '../../i18n';
import classes from './Ladder.module.css';
import { Backdrop, Grounds, HEAD, Heads, Rows, type Picture } from './Drawing';
import { between, ROW } from './layout';

/** Drawn beyond what can be seen, so that scrolling shows no holes. */
const BEYOND = 600;
/** How far one scrolls before rows are drawn anew. */
const STEP = 300;
/** Rows that Page Up and Page Down go. */
const PAGE = 10;

export interface LadderProps {
  picture: Picture;
  /** Place of the chosen row. */
  selected: number;
  /** Raised when the chosen row should come into sight. */
  sought: number;
  /** A key went there. */
  onSelect: (place: number) => void;
  /** A mouse or finger went there. */
  onPick: (place: number) => void;
  onPoint: (place: number | null) => void;
  onOpen: (place: number) => void;
  label: (place: number) => string;
}

export function Ladder({ picture, selected, sought, onSelect, onPick, onPoint, onOpen, label }: LadderProps) {
  const { texts } = useTranslation();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const heads = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const [top, bottom] = useSeen(box);
  const { rows, height } = picture.placed;
  const { width } = picture.lanes;
  const seen = between(rows, top, bottom);
  const first = seen[0] ? rows.indexOf(seen[0]) : 0;

  const show = (place: number, block: 'near' | 'middle') => {
    const row = rows[place];
    if (!row || !box.current) return;
    const at = box.current.getBoundingClientRect().top + row.y;
    const above = HEAD + 12;
    if (block === 'near' && at >= above && at + ROW <= window.innerHeight - 8) return;
    const goal =
      block === 'middle' ? at - window.innerHeight / 2 : at < above ? at - above : at + ROW + 8 - window.innerHeight;
    window.scrollBy({ top: goal });
  };
  useEffect(() => {
    if (sought === 0) return;
    show(selected, 'middle');
    box.current?.focus({ preventScroll: true });
    // Only when it is sought: a row that was chosen by hand is in sight.
  }, [sought]);

  const move = (event: KeyboardEvent) => {
    const last = rows.length - 1;
    const to = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + PAGE,
      PageUp: selected - PAGE,
      Home: 0,
      End: last,
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') onOpen(selected);
    else if (to === undefined) return;
    else {
      const place = Math.max(0, Math.min(last, to));
      onSelect(place);
      show(place, 'near');
    }
    event.preventDefault();
  };
  const point = (place: number | null) => {
    setPointed(place);
    onPoint(place);
  };

  return (
    <>
      {/* Not in the box: inside something that scrolls sideways nothing sticks to the page. */}
      <div ref={heads} className={classes.heads} aria-hidden>
        <svg width={width} height={HEAD}>
          <rect width={width} height={HEAD} style={{ fill: 'var(--surface)' }} />
          <Heads picture={picture} />
        </svg>
      </div>
      <div
        ref={box}
        className={classes.box}
        onScroll={({ currentTarget: { scrollLeft } }) => {
          if (heads.current) heads.current.scrollLeft = scrollLeft;
        }}
        role="listbox"
        tabIndex={0}
        aria-label={`${texts.admin.ladder.heading}. ${texts.admin.ladder.hint}`}
        aria-activedescendant={rows.length > 0 ? `${id}-${selected}` : undefined}
        onKeyDown={move}
        onPointerLeave={() => point(null)}
      >
        <svg width={width} height={height} role="presentation">
          <Grounds picture={picture} rows={seen} first={first} selected={selected} pointed={pointed} />
          <Backdrop picture={picture} />
          <Rows
            picture={picture}
            rows={seen}
            first={first}
            option={(place) => ({
              id: `${id}-${place}`,
              role: 'option',
              'aria-selected': place === selected,
              'aria-label': label(place),
              'aria-posinset': place + 1,
              'aria-setsize': rows.length,
              className: classes.row,
              onPointerEnter: (event: { pointerType: string }) => event.pointerType === 'mouse' && point(place),
              onClick: () => onPick(place),
              onDoubleClick: () => onOpen(place),
            })}
          />
        </svg>
      </div>
    </>
  );
}

/** Between which heights an element can be seen, in steps. */
function useSeen(box: { current: HTMLElement | null }): [number, number] {
  const [seen, setSeen] = useState<[number, number]>([-BEYOND, 2 * BEYOND]);
  useEffect(() => {
    const look = () => {
      if (!box.current) return;
      const top = -box.current.getBoundingClientRect().top;
      const from = Math.floor((top - BEYOND) / STEP) * STEP;
      const to = Math.ceil((top + window.innerHeight + BEYOND) / STEP) * STEP;
      setSeen((before) => (before[0] === from && before[1] === to ? before : [from, to]));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [box]);
  return seen;
}
