/** A list of rules in which the order counts: added, removed, moved by buttons, keys and mouse. */
import { ActionIcon, Button } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconBolt, IconGripVertical, IconPlus, IconTrash } from '@tabler/icons-react';
import {
  createContext,
  memo,
  useContext,
  useRef,
  useState,
  type DragEvent,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { useTranslation } from '../../../i18n';
import { Announce } from '../../announce';
import { useValue } from '../../parts/fields';
import { pathOf } from '../../parts/merge';
import { useFormFields } from '../../parts/RecordForm';
import { listAt, RuleExchange } from '../RuleExchange';
import site from '../site.module.css';
import { Fault } from '../siteFields';
import classes from './numbers.module.css';
import { moved } from './rules';

/** The rules that act on the number that is tried, by their pointers. */
export const Acting = createContext<ReadonlySet<string>>(new Set());

/** Rules that are drawn at once. */
const STEP = 50;

/** What of a rule can have the focus. */
const FOCUSABLE = ':is(input, select, button)';

/** A rule in its list. */
export interface RuleAt<T> {
  rule: T;
  /** Its place in the list, from 0. */
  place: number;
  put: (change: Partial<T>) => void;
  /** What is wrong with a field of it. */
  fault: (field: keyof T & string) => ReactNode;
}

/** What entries are called that are no rules. */
interface Words<T> {
  add: string;
  none: string;
  /** The entry at a place, from 1. */
  place: (at: number) => string;
  remove: (rule: T) => string;
  removed: (at: number) => string;
  more: (count: number) => string;
}

export interface RuleListProps<T> {
  at: string;
  blank: T;
  children: (rule: RuleAt<T>) => ReactNode;
  /** Whether the order counts; true where left out. */
  ordered?: boolean;
  /** Whether a person puts them in order; false where the rules themselves say it. */
  movable?: boolean;
  /** Words in place of those for rules. */
  words?: Words<T>;
  /** What follows from taking one away, from its place. */
  onRemoved?: (rule: T, place: number) => void;
  /** What `children` draw of beside the rule. */
  also?: readonly unknown[];
}

/** Drawn anew only where what it depends on is another: there are hundreds of rules, and a key changes one. */
const Row = memo(
  ({ children }: { children: () => ReactNode; on: readonly unknown[] }) => children(),
  (before, now) => now.on.length === before.on.length && now.on.every((each, at) => Object.is(each, before.on[at])),
);

export function RuleList<T extends object>({
  at,
  blank,
  children,
  ordered = true,
  movable = ordered,
  words,
  onRemoved,
  also = [],
}: RuleListProps<T>) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const acting = useContext(Acting);
  const { form } = useFormFields();
  const { value, onChange, error, label, readOnly } = useValue<T[]>(at);
  const [shown, setShown] = useState(STEP);
  const [dragged, setDragged] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const t = texts.admin.site.rules.rule;
  const own = words ?? { ...t, remove: null };
  const path = pathOf(at);
  const list = listAt(at);

  /** What stands at other places than it did is no longer wrong there. */
  const forget = (within: string) =>
    Object.keys(form.errors)
      .filter((each) => each.startsWith(`${within}.`))
      .forEach((each) => form.clearFieldError(each));
  // Once it is drawn.
  const focus = (selector: string, nth = 0) =>
    setTimeout(() => (box.current?.querySelectorAll<HTMLElement>(selector)[nth] ?? box.current)?.focus());
  const change = (now: T[]) => {
    forget(path);
    onChange(now);
  };
  const move = (from: number, to: number, part: string, nth = 0) => {
    if (to < 0 || to >= value.length || from === to) return;
    change(moved(value, from, to));
    announce(t.moved(from + 1, to + 1), false);
    focus(`[data-place="${to}"] ${part}`, nth);
  };
  const remove = (place: number) => {
    const rule = value[place];
    change(value.filter((_, each) => each !== place));
    if (rule) onRemoved?.(rule, place);
    announce(own.removed(place + 1), false);
    focus(`[data-place="${Math.min(place, value.length - 2)}"] [data-part="remove"]`);
  };
  const put = (place: number) => (change: Partial<T>) => {
    Object.keys(change).forEach((field) => form.clearFieldError(`${path}.${place}.${field}`));
    onChange(value.map((rule, each) => (each === place ? { ...rule, ...change } : rule)));
  };
  const pressed = (place: number) => (event: KeyboardEvent) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || by === undefined || !movable || readOnly) return;
    const field = event.target as HTMLElement;
    // There the same keys open the choices.
    if (field.matches('select')) return;
    event.preventDefault();
    move(place, place + by, FOCUSABLE, [...event.currentTarget.querySelectorAll(FOCUSABLE)].indexOf(field));
  };
  const dropped = (place: number) => (event: DragEvent) => {
    if (dragged === null) return;
    event.preventDefault();
    setDragged(null);
    move(dragged, place, `[data-part="${place < dragged ? 'up' : 'down'}"]`);
  };
  // A rule that is not drawn anew still does what is to be done now.
  const latest = useRef({ move, remove, put, pressed, dropped, dragged });
  latest.current = { move, remove, put, pressed, dropped, dragged };
  // One in which something is wrong, or that acts, is seen wherever it stands.
  const noted = [...Object.keys(form.errors).map((each) => `/${each.replaceAll('.', '/')}`), ...acting]
    .filter((each) => each.startsWith(`${at}/`))
    .map((each) => Number(each.slice(at.length + 1).split('/')[0]) + 1);
  const count = Math.max(shown, ...noted.filter(Number.isFinite));
  const drawn = value.slice(0, count);
  return (
    <div ref={box} className={site.list} tabIndex={-1}>
      <Fault error={error} />
      {value.length === 0 ? (
        <p className={site.plain}>{own.none}</p>
      ) : (
        <ol className={classes.rules} data-ordered={ordered || undefined} aria-label={label}>
          {drawn.map((rule, place) => {
            const acts = acting.has(`${at}/${place}`);
            const isDragged = dragged === place;
            const wrong = Object.entries(form.errors).filter(([each]) => each.startsWith(`${path}.${place}.`));
            const on = [rule, place, value.length, acts, isDragged, wrong.join(), readOnly, language, ...also];
            const draw = () => (
              <li
                data-place={place}
                data-acts={acts || undefined}
                data-dragged={isDragged || undefined}
                onKeyDown={(event) => latest.current.pressed(place)(event)}
                onDragOver={(event) => latest.current.dragged !== null && event.preventDefault()}
                onDrop={(event) => latest.current.dropped(place)(event)}
              >
                {ordered && (
                  <div className={classes.place}>
                    {movable && !readOnly && (
                      <span
                        className={classes.handle}
                        title={t.drag}
                        draggable
                        onDragStart={(event) => {
                          event.dataTransfer.effectAllowed = 'move';
                          setDragged(place);
                        }}
                        onDragEnd={() => setDragged(null)}
                      >
                        <IconGripVertical size={16} aria-hidden />
                      </span>
                    )}
                    <b className="numbers">{place + 1}</b>
                    {acts && (
                      <span className={classes.acts} title={t.acted}>
                        <IconBolt size={16} role="img" aria-label={t.acted} />
                      </span>
                    )}
                  </div>
                )}
                <div className={classes.fields} role="group" aria-label={own.place(place + 1)}>
                  {children({
                    rule,
                    place,
                    put: (change) => latest.current.put(place)(change),
                    fault: (field) => form.errors[`${path}.${place}.${field}`],
                  })}
                </div>
                {!readOnly && (
                  <div className={classes.tools}>
                    {movable && (
                      <>
                        <Tool
                          part="up"
                          label={t.up(place + 1)}
                          keys="Alt+ArrowUp"
                          title={t.upTitle(place + 1)}
                          off={place === 0}
                          onClick={() => latest.current.move(place, place - 1, '[data-part="up"]')}
                        >
                          <IconArrowUp size={17} aria-hidden />
                        </Tool>
                        <Tool
                          part="down"
                          label={t.down(place + 1)}
                          keys="Alt+ArrowDown"
                          title={t.downTitle(place + 1)}
                          off={place === value.length - 1}
                          onClick={() => latest.current.move(place, place + 1, '[data-part="down"]')}
                        >
                          <IconArrowDown size={17} aria-hidden />
                        </Tool>
                      </>
                    )}
                    <Tool
                      part="remove"
                      label={own.remove?.(rule) ?? t.remove(place + 1)}
                      onClick={() => latest.current.remove(place)}
                    >
                      <IconTrash size={17} aria-hidden />
                    </Tool>
                  </div>
                )}
              </li>
            );
            return (
              <Row key={place} on={on}>
                {draw}
              </Row>
            );
          })}
        </ol>
      )}
      <div className={classes.below}>
        {value.length > count && (
          <Button
            variant="default"
            size="xs"
            aria-label={`${own.more(value.length - count)}: ${label}`}
            onClick={() => setShown(count + STEP)}
          >
            {own.more(value.length - count)}
          </Button>
        )}
        {!readOnly && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={16} aria-hidden />}
            // There are several lists on a page.
            aria-label={`${own.add}: ${label}`}
            onClick={() => {
              onChange([...value, blank]);
              setShown((before) => Math.max(before, value.length + 1));
              focus('li:last-child input');
            }}
          >
            {own.add}
          </Button>
        )}
      </div>
      {list && <RuleExchange list={list} />}
    </div>
  );
}

interface ToolProps {
  part: string;
  label: string;
  /** What is seen of the label and more; the label where left out. */
  title?: string;
  /** Keys that do the same (ARIA's `aria-keyshortcuts`). */
  keys?: string;
  /** Whether there is nothing to do; the focus stays where it is then. */
  off?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ part, label, title = label, keys, off = false, onClick, children }: ToolProps) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={34}
      data-part={part}
      aria-label={label}
      title={title}
      aria-keyshortcuts={keys}
      aria-disabled={off || undefined}
      data-disabled={off || undefined}
      onClick={() => off || onClick()}
    >
      {children}
    </ActionIcon>
  );
}
