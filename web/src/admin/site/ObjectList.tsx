/** A page with all objects of a kind. */
import { Button, NativeSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import {
  IconCircleCheck,
  IconCircleDashed,
  IconLock,
  IconPlus,
  IconTrash,
  IconUserCheck,
  IconUserOff,
} from '@tabler/icons-react';
import { useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Announce, useReason } from '../announce';
import { PageHead } from '../PageHead';
import { DataTable, type BulkAction, type Column } from '../parts/DataTable';
import { Pages } from '../parts/pages';
import type { ListQuery } from '../parts/rest';
import { addressOf, go, pageOf } from '../route';
import { useAsk } from './ask';
import { remember, titleOf } from './names';
import { ANY, bulk, listOf, type ListedObject, type Objects, type Plural } from './objects';
import { useMayChange } from './role';
import classes from './site.module.css';

/** What was looked for, so that who comes back from an object finds the list as it was. */
const left = new Map<Plural, ListQuery>();

/** Forgets it, so that who signs in next begins with whole lists. */
export const forgetLists = () => left.clear();

/** What the filter for active objects can be. */
const ACTIVE = ['true', 'false'] as const;

export interface ObjectListProps<K extends Plural> {
  kind: K;
  columns: readonly Column<ListedObject<Objects[K]>>[];
  /** Whether objects of the kind are active or not. */
  activatable?: boolean;
  /** What the list is narrowed by at first; without it, by what it was last. */
  begin?: Readonly<Record<string, string>>;
  /** More choices that narrow the list. */
  filters?: (filter: Readonly<Record<string, string>>, set: (name: string, value: string) => void) => ReactNode;
  /** More that can be done with all that are selected. */
  actions?: (run: BulkRun<K>) => readonly BulkAction<ListedObject<Objects[K]>>[];
}

/** Does something with objects, says how it went, and loads the list anew. */
export type BulkRun<K extends Plural> = (
  items: readonly Stored<Objects[K]>[],
  what: (ids: string[], changeable: readonly Stored<Objects[K]>[]) => Promise<void>,
  done: (count: number) => string,
) => Promise<boolean>;

export function ObjectList<K extends Plural>(props: ObjectListProps<K>) {
  const { kind, columns, activatable, begin, filters, actions } = props;
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  const may = useMayChange(pageOf(kind));
  const [ask, dialog] = useAsk();
  const t = texts.admin.site;
  const words = t.kinds[kind];
  const [pages] = useState(
    () =>
      new Pages<ListedObject<Objects[K]>>(
        async (query, cursor) => {
          const page = await listOf(kind, query, cursor);
          remember(kind, page.items);
          return page;
        },
        begin ? { ...ANY, filter: begin } : (left.get(kind) ?? ANY),
      ),
  );
  const { query } = useSyncExternalStore(pages.subscribe, pages.snapshot);
  useEffect(() => () => void left.set(kind, pages.snapshot().query), [kind, pages]);

  const filter = query.filter ?? {};
  const narrowBy = (name: string, value: string) => {
    // Two that are dropped at once both go.
    const { [name]: _, ...others } = pages.snapshot().query.filter ?? {};
    const now = value === '' ? others : { ...others, [name]: value };
    pages.look({ filter: Object.keys(now).length === 0 ? undefined : now });
  };
  const run: BulkRun<K> = async (items, what, done) => {
    // What the file sets can only be changed there.
    const changeable = items.filter(({ from_file }) => !from_file);
    const kept = items.length - changeable.length;
    try {
      if (changeable.length > 0)
        await what(
          changeable.map(({ id }) => id),
          changeable,
        );
      const said = changeable.length > 0 ? [done(changeable.length)] : [];
      announce([...said, ...(kept > 0 ? [t.bulk.inFile(kept)] : [])].join(' '), changeable.length === 0);
      await pages.again();
      return true;
    } catch (error) {
      announce(t.failed(reason(error)), true);
      // Some of it may have been done.
      await pages.again();
      return false;
    }
  };
  const removed = async (items: readonly Stored<Objects[K]>[]) => {
    const count = items.filter(({ from_file }) => !from_file).length;
    const sure =
      count === 0 ||
      (await ask({
        title: words.sureMany(count),
        text: words.sureManyText,
        confirm: t.deleteMany(count),
        danger: true,
      }));
    return sure && run(items, (ids) => bulk(kind, ids, { delete: true }), t.bulk.deleted);
  };
  const patched = (patch: { active: boolean }) => (ids: string[]) => bulk(kind, ids, { patch });
  const all: BulkAction<ListedObject<Objects[K]>>[] = !may
    ? []
    : [
        ...(activatable
          ? [
              {
                key: 'on',
                label: t.bulk.activate,
                icon: IconUserCheck,
                run: (items: readonly Stored<Objects[K]>[]) => run(items, patched({ active: true }), t.bulk.activated),
              },
              {
                key: 'off',
                label: t.bulk.deactivate,
                icon: IconUserOff,
                run: (items: readonly Stored<Objects[K]>[]) =>
                  run(items, patched({ active: false }), t.bulk.deactivated),
              },
            ]
          : []),
        ...(actions?.(run) ?? []),
        { key: 'delete', label: t.delete, icon: IconTrash, run: removed },
      ];
  const [first, ...others] = columns;
  const locked = first && {
    ...first,
    cell: (item: ListedObject<Objects[K]>) => (
      <>
        {item.from_file && <IconLock className={classes.lock} size={15} role="img" aria-label={t.inFile} />}
        {first.cell(item)}
      </>
    ),
  };
  return (
    <>
      <div className={classes.listHead}>
        <PageHead title={words.title} lead={words.lead} />
        {may && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => go(addressOf(pageOf(kind), 'new'))}>
            {words.add}
          </Button>
        )}
      </div>
      <DataTable
        label={words.title}
        pages={pages}
        columns={locked ? [locked, ...others] : []}
        narrow={narrow}
        nameOf={({ object }) => titleOf(object)}
        hrefOf={({ id }) => addressOf(pageOf(kind), id)}
        actions={all}
        searchHint={words.searchHint}
        filters={
          <>
            {activatable && (
              <NativeSelect
                aria-label={t.active.filter}
                value={filter.active ?? ''}
                onChange={({ currentTarget }) => narrowBy('active', currentTarget.value)}
                data={[
                  { value: '', label: t.active.all },
                  ...ACTIVE.map((value) => ({ value, label: value === 'true' ? t.active.only : t.active.not })),
                ]}
              />
            )}
            {filters?.(filter, narrowBy)}
          </>
        }
        empty={words.empty}
      />
      {dialog}
    </>
  );
}

/** Whether an object is active, as a sign with a word. */
export function ActiveSign({ active }: { active: boolean }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.active;
  const Icon = active ? IconCircleCheck : IconCircleDashed;
  return (
    <span className={classes.sign} data-on={active || undefined}>
      <Icon size={16} aria-hidden />
      <span>{active ? t.yes : t.no}</span>
    </span>
  );
}
