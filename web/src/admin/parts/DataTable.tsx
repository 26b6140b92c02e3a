/** A list of very many objects: searched, sorted and paged by the server, moved in by mouse or keys. */
import { Button, CloseButton, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconRefresh, IconSearch, type Icon } from '@tabler/icons-react';
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { BusyButton } from '../../components/BusyButton';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import { go, Link } from '../route';
import classes from './DataTable.module.css';
import { inSight, moved, scrolledTo, type Place } from './grid';
import type { Pages } from './pages';

/** Height of each row, in pixels; the style sheet has it, too. */
const ROW = 44;
/** Rows that are drawn beyond those in sight. */
const BEYOND = 8;
/** Rows in sight before it is known how many have room. */
const AT_FIRST = 15;
/** How long a person pauses in typing before it is looked for, in ms. */
const PAUSE = 250;

export interface Column<T> {
  key: string;
  title: string;
  cell: (item: T) => ReactNode;
  /** What the server sorts by; left out: it does not sort by this. */
  sort?: string;
  /** Track of the CSS grid; `minmax(0, 1fr)` where left out. */
  width?: string;
  /** Whether it is left out where there is little room. */
  wide?: boolean;
}

/** What can be done with all that are selected. */
export interface BulkAction<T> {
  key: string;
  label: string;
  icon?: Icon;
  /** Does it and says how it went; whether it is done, so that nothing need be selected any longer. */
  run: (items: readonly T[]) => Promise<boolean>;
}

export interface DataTableProps<T extends { id: string }> {
  /** What is listed: "Users". */
  label: string;
  pages: Pages<T>;
  columns: readonly Column<T>[];
  /** What an object is called. */
  nameOf: (item: T) => string;
  /** Where it opens. */
  hrefOf: (item: T) => string;
  actions?: readonly BulkAction<T>[];
  /** Whether there is little room: fewer columns. */
  narrow?: boolean;
  searchHint: string;
  /** What to say where there is nothing and nothing is searched. */
  empty: ReactNode;
}

export function DataTable<T extends { id: string }>(props: DataTableProps<T>) {
  const { label, pages, nameOf, hrefOf, actions = [], narrow = false, searchHint, empty } = props;
  const { texts, number } = useTranslation();
  const reason = useReason();
  const t = texts.admin.parts.table;
  const { query, items, total, loading, failure } = useSyncExternalStore(pages.subscribe, pages.snapshot);
  const [selected, setSelected] = useState<ReadonlyMap<string, T>>(new Map());
  const [active, setActive] = useState<Place>({ row: 1, column: 0 });
  const [scrolled, setScrolled] = useState(0);
  const [height, setHeight] = useState(AT_FIRST * ROW);
  const [text, setText] = useState(query.search);
  const [busy, setBusy] = useState<string | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const anchor = useRef<number | null>(null);
  /** Whether the active cell is to have the focus once it is drawn. */
  const focusing = useRef(false);

  const selects = actions.length > 0;
  const columns = props.columns.filter(({ wide }) => !(wide && narrow));
  const rows = total ?? 0;
  const shift = selects ? 1 : 0;
  const extent = { rows, columns: columns.length + shift, page: Math.max(1, Math.floor(height / ROW) - 1) };
  const here: Place = { row: Math.min(active.row, rows), column: Math.min(active.column, extent.columns - 1) };
  const seen = inSight(scrolled, height, ROW, rows, BEYOND);

  useEffect(() => pages.need(Math.max(1, seen.to)), [pages, seen.to, items]);
  useEffect(() => {
    if (text === query.search) return;
    const timer = setTimeout(() => {
      pages.look({ search: text });
      // What is not in sight is not acted on.
      setSelected(new Map());
      begin();
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useLayoutEffect(() => {
    const box = body.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const measured = new ResizeObserver(() => box.clientHeight > 0 && setHeight(box.clientHeight));
    measured.observe(box);
    return () => measured.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!focusing.current) return;
    focusing.current = false;
    grid.current?.querySelector<HTMLElement>(`[data-at="${here.row} ${here.column}"]`)?.focus({ preventScroll: true });
  });

  const begin = () => {
    setActive((before) => ({ ...before, row: Math.min(1, before.row) }));
    scroll(0);
  };
  const scroll = (top: number) => {
    if (body.current) body.current.scrollTop = top;
    setScrolled(top);
  };
  const sortBy = ({ sort }: Column<T>) => {
    if (sort === undefined) return;
    const back = query.sort === sort && query.direction === 'ascending';
    pages.look({ sort, direction: back ? 'descending' : 'ascending' });
    begin();
  };
  const select = (row: number, extending: boolean) => {
    const item = items[row - 1];
    if (!item) return;
    const from = extending && anchor.current !== null ? anchor.current : row;
    const range = items.slice(Math.min(from, row) - 1, Math.max(from, row));
    const chosen = new Map(selected);
    // A range is selected as a whole; a single row changes.
    if (range.length > 1 || !chosen.delete(item.id)) for (const each of range) chosen.set(each.id, each);
    anchor.current = row;
    setSelected(chosen);
  };
  const selectThese = (these: readonly T[]) => setSelected(new Map(these.map((each) => [each.id, each])));
  const whole = items.length > 0 && items.every(({ id }) => selected.has(id));

  const pressed = (event: KeyboardEvent) => {
    const { key, shiftKey } = event;
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey) return;
    const item = items[here.row - 1];
    if (selects && control && key.toLowerCase() === 'a') selectThese(items);
    else if (selects && key === 'Escape' && selected.size > 0) setSelected(new Map());
    else if (here.row > 0 && selects && key === ' ') {
      // A checkbox is pressed by this key itself.
      if (event.target instanceof HTMLInputElement) return;
      select(here.row, shiftKey);
    } else if (here.row > 0 && key === 'Enter' && item) go(hrefOf(item));
    else {
      const to = moved(here, key, control, extent);
      if (to === null) return;
      if (selects && shiftKey && to.row !== here.row && to.row > 0) {
        anchor.current ??= here.row;
        selectThese(items.slice(Math.min(anchor.current, to.row) - 1, Math.max(anchor.current, to.row)));
      } else anchor.current = null;
      focusing.current = true;
      if (to.row > 0) scroll(scrolledTo(to.row - 1, body.current?.scrollTop ?? 0, height, ROW));
      setActive(to);
    }
    event.preventDefault();
  };
  const unselect = () => {
    // The buttons go, and with them the focus that is on one of them.
    focusing.current = bar.current?.contains(document.activeElement) === true;
    setSelected(new Map());
  };
  const act = async ({ key, run }: BulkAction<T>) => {
    if (busy !== null) return;
    setBusy(key);
    if (await run([...selected.values()])) unselect();
    setBusy(null);
  };
  const all = async () => {
    setBusy('all');
    // Why it failed stands below the rows.
    await pages.all().then(selectThese, () => undefined);
    setBusy(null);
  };

  /** What makes a cell one of those that keys move in; only the active one is met by Tab. */
  const cell = (row: number, column: number) => ({
    'data-at': `${row} ${column}`,
    tabIndex: here.row === row && here.column === column ? 0 : -1,
    onFocus: () => setActive({ row, column }),
  });
  const tracks = [...(selects ? ['44px'] : []), ...columns.map(({ width }) => width ?? 'minmax(0, 1fr)')].join(' ');
  // The row with the focus stays drawn, wherever one scrolls: else the focus would be lost.
  const drawn = new Set(Array.from({ length: seen.to - seen.from }, (_, n) => seen.from + n));
  if (here.row > 0) drawn.add(here.row - 1);

  return (
    <section className={`card ${classes.list}`} aria-label={label}>
      <div className={classes.tools}>
        <TextInput
          className={classes.search}
          type="search"
          aria-label={`${t.search}: ${label}`}
          placeholder={searchHint}
          value={text}
          onChange={({ currentTarget: { value } }) => setText(value)}
          leftSection={<IconSearch size={17} aria-hidden />}
          rightSection={text !== '' && <CloseButton size="sm" aria-label={t.clear} onClick={() => setText('')} />}
        />
        <span className={`numbers ${classes.found}`} role="status">
          {total !== null && t.found(total)}
        </span>
        {selected.size > 0 && (
          <div ref={bar} className={classes.actions} role="group" aria-label={t.actions}>
            <b className="numbers" role="status">
              {t.selected(selected.size)}
            </b>
            {whole && items.length < rows && (
              <BusyButton size="xs" variant="subtle" busy={busy === 'all'} onClick={() => void all()}>
                {t.selectAll(number(rows))}
              </BusyButton>
            )}
            {actions.map((action) => {
              const Sign = action.icon;
              return (
                <BusyButton
                  key={action.key}
                  size="xs"
                  variant="default"
                  busy={busy === action.key}
                  leftSection={Sign && <Sign size={16} aria-hidden />}
                  onClick={() => void act(action)}
                >
                  {action.label}
                </BusyButton>
              );
            })}
            <Button size="xs" variant="subtle" onClick={unselect}>
              {t.unselect}
            </Button>
          </div>
        )}
      </div>
      <div
        ref={grid}
        className={classes.grid}
        role="grid"
        aria-label={`${label}. ${t.hint}`}
        aria-rowcount={total === null ? -1 : rows + 1}
        aria-colcount={extent.columns}
        aria-multiselectable={selects || undefined}
        aria-busy={loading}
        style={{ '--tracks': tracks } as CSSProperties}
        onKeyDown={pressed}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row}>
            {selects && (
              <div role="columnheader" aria-colindex={1} className={classes.check}>
                <input
                  type="checkbox"
                  aria-label={t.selectShown}
                  checked={whole}
                  onChange={() => (whole ? setSelected(new Map()) : selectThese(items))}
                  {...cell(0, 0)}
                />
              </div>
            )}
            {columns.map((column, at) => {
              const sorted = column.sort !== undefined && query.sort === column.sort;
              const Arrow = query.direction === 'ascending' ? IconArrowUp : IconArrowDown;
              const name = (
                <>
                  <span>{column.title}</span>
                  {sorted && <Arrow size={14} aria-hidden />}
                </>
              );
              return (
                <div
                  key={column.key}
                  role="columnheader"
                  aria-colindex={at + shift + 1}
                  aria-sort={column.sort === undefined ? undefined : sorted ? query.direction : 'none'}
                  {...(column.sort === undefined ? cell(0, at + shift) : {})}
                >
                  {column.sort === undefined ? (
                    name
                  ) : (
                    <button type="button" onClick={() => sortBy(column)} {...cell(0, at + shift)}>
                      {name}
                    </button>
                  )}
                </div>
              );
            })}
          </div>
        </div>
        <div
          ref={body}
          role="rowgroup"
          className={classes.body}
          style={{ height: Math.min(AT_FIRST, total ?? 3) * ROW }}
          onScroll={({ currentTarget: { scrollTop } }) => setScrolled(scrollTop)}
        >
          <div role="presentation" style={{ height: rows * ROW }} className={classes.whole}>
            {[...drawn]
              .sort((a, b) => a - b)
              .map((at) => {
                const item = items[at];
                const row = at + 1;
                const chosen = item !== undefined && selected.has(item.id);
                return (
                  <div
                    // By its place: a row whose object comes late keeps the focus.
                    key={at}
                    role="row"
                    aria-rowindex={row + 1}
                    aria-selected={selects ? chosen : undefined}
                    className={classes.row}
                    data-active={here.row === row || undefined}
                    style={{ transform: `translateY(${at * ROW}px)` }}
                  >
                    {selects && (
                      <div role="gridcell" aria-colindex={1} className={classes.check}>
                        <input
                          type="checkbox"
                          aria-label={item ? t.select(nameOf(item)) : t.loading}
                          checked={chosen}
                          onClick={({ shiftKey }) => select(row, shiftKey)}
                          onChange={() => undefined}
                          {...cell(row, 0)}
                        />
                      </div>
                    )}
                    {columns.map((column, place) => (
                      <div
                        key={column.key}
                        role={place === 0 ? 'rowheader' : 'gridcell'}
                        aria-colindex={place + shift + 1}
                        {...cell(row, place + shift)}
                      >
                        {!item ? (
                          <span className={classes.coming}>{place === 0 && t.loading}</span>
                        ) : place === 0 ? (
                          <Link href={hrefOf(item)} tabIndex={-1}>
                            {column.cell(item)}
                          </Link>
                        ) : (
                          column.cell(item)
                        )}
                      </div>
                    ))}
                  </div>
                );
              })}
          </div>
        </div>
      </div>
      {failure !== null ? (
        <div className={classes.note} role="alert">
          <IconAlertTriangle size={20} aria-hidden />
          <span>
            {t.failed} {reason(failure)}
          </span>
          <BusyButton
            size="xs"
            variant="default"
            busy={loading}
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => void pages.again()}
          >
            {t.again}
          </BusyButton>
        </div>
      ) : total === null ? (
        <p className={classes.note}>{t.loading}</p>
      ) : (
        total === 0 && <div className={classes.note}>{query.search.trim() === '' ? empty : t.none}</div>
      )}
    </section>
  );
}
