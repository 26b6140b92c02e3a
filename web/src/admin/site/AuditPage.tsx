/** Who has changed what, and when. */
import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { BusyButton } from '../../components/BusyButton';
import { useTranslation } from '../../i18n';
import type { AdminTexts } from '../../i18n/admin.en';
import { get } from '../../protocol/http';
import { useReason } from '../announce';
import { PageHead } from '../PageHead';
import { addressOf, choose, Link, type Page } from '../route';
import type { Audit, AuditEntry } from '../../generated/site';
import { changesOf } from './audit';
import { Changes } from './Changes';
import { labelsOf } from './words';
import classes from './site.module.css';

const LIMIT = 50;
/** What the log can be narrowed to, by its parts of the address. */
const FILTERS = ['actor', 'object'] as const;
const KINDS = [
  'user',
  'group',
  'computer',
  'profile',
  'line_group',
  'line',
  'location',
  'administrator',
  'token',
  'settings',
  'database',
  'interface',
  'certificate',
] as const;
/** How long nobody types before it is looked for, in ms. */
const PAUSE = 300;
/** Characters that can be looked for. */
const LONGEST = 200;
const PAGES: Partial<Record<string, Page>> = {
  user: 'users',
  group: 'groups',
  computer: 'computers',
  profile: 'profiles',
  administrator: 'administrators',
  interface: 'interfaces',
  line_group: 'line_groups',
  line: 'line_list',
  location: 'locations',
  token: 'tokens',
};

function url(chosen: URLSearchParams, before: number | null): string {
  const query = new URLSearchParams({ limit: String(LIMIT) });
  for (const name of ['kind', 'search', ...FILTERS]) {
    const value = chosen.get(name);
    if (value) query.set(name, value);
  }
  const [from, to] = [dayOf(chosen.get('from')), dayOf(chosen.get('to'), 1)];
  if (from !== null) query.set('since', String(from));
  if (to !== null) query.set('until', String(to));
  if (before !== null) query.set('before', String(before));
  return `/api/v1/admin/audit?${query.toString()}`;
}

/** When a day begins here, in milliseconds since 1970, or one some days later; null: that is no day. */
export function dayOf(text: string | null, later = 0): number | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? '') ?? [];
  if (day === undefined) return null;
  return new Date(Number(year), Number(month) - 1, Number(day) + later).getTime();
}

export function AuditPage({ chosen }: { chosen: URLSearchParams }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.audit;
  const narrow = (name: string, value: string) => {
    const now = new URLSearchParams(chosen);
    now.delete(`${name}_name`);
    if (value === '') now.delete(name);
    else now.set(name, value);
    choose(now);
  };
  const [text, setText] = useState(chosen.get('search') ?? '');
  useEffect(() => {
    if (text === (chosen.get('search') ?? '')) return;
    const timer = setTimeout(() => narrow('search', text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div className={classes.narrowing}>
        <TextInput
          type="search"
          aria-label={t.search}
          placeholder={t.search}
          maxLength={LONGEST}
          leftSection={<IconSearch size={17} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        {(['from', 'to'] as const).map((name) => (
          <label key={name} className={classes.day}>
            {t.day[name]}
            <TextInput
              type="date"
              value={chosen.get(name) ?? ''}
              onChange={({ currentTarget }) => narrow(name, currentTarget.value)}
            />
          </label>
        ))}
        <NativeSelect
          aria-label={t.kind}
          value={chosen.get('kind') ?? ''}
          onChange={({ currentTarget }) => narrow('kind', currentTarget.value)}
          data={[{ value: '', label: t.allKinds }, ...KINDS.map((kind) => ({ value: kind, label: t.kinds[kind] }))]}
        />
        {FILTERS.map((name) => {
          const value = chosen.get(name);
          const called = chosen.get(`${name}_name`) ?? value;
          return (
            value && (
              <span key={name} className={classes.chip}>
                {t.only[name]}: <b>{called}</b>
                <CloseButton size="sm" aria-label={t.all[name]} onClick={() => narrow(name, '')} />
              </span>
            )
          );
        })}
      </div>
      <Entries key={chosen.toString()} chosen={chosen} narrow={choose} />
    </>
  );
}

function Entries({ chosen, narrow }: { chosen: URLSearchParams; narrow: (chosen: URLSearchParams) => void }) {
  const { texts } = useTranslation();
  const reason = useReason();
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [busy, setBusy] = useState(true);
  const [failure, setFailure] = useState<unknown>(null);
  const t = texts.admin.site.audit;
  const load = async (before: number | null, over: () => boolean = () => false) => {
    setBusy(true);
    setFailure(null);
    try {
      const page = await get<Audit>(url(chosen, before));
      if (over()) return;
      setEntries((known) => (before === null ? page.entries : [...known, ...page.entries]));
      setNext(page.next);
    } catch (error) {
      if (!over()) setFailure(error);
    }
    if (!over()) setBusy(false);
  };
  useEffect(() => {
    let left = false;
    void load(null, () => left);
    return () => void (left = true);
  }, []);
  const only = (name: 'actor' | 'object', value: string, called: string) => {
    const now = new URLSearchParams(chosen);
    now.set(name, value);
    now.set(`${name}_name`, called);
    narrow(now);
  };
  return (
    <>
      {entries.length > 0 && (
        <ol className={classes.entries} aria-label={t.title}>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} only={only} />
          ))}
        </ol>
      )}
      {failure !== null ? (
        <section className={`card ${classes.section}`} role="alert">
          <p className={classes.plain}>{t.lost(reason(failure))}</p>
          <Button variant="default" onClick={() => void load(next)}>
            {texts.admin.site.again}
          </Button>
        </section>
      ) : busy && entries.length === 0 ? (
        <p className={classes.plain}>{texts.signIn.loading}</p>
      ) : entries.length === 0 ? (
        <p className={classes.plain}>{t.none}</p>
      ) : (
        next !== null && (
          <BusyButton variant="default" busy={busy} onClick={() => void load(next)}>
            {t.more}
          </BusyButton>
        )
      )}
    </>
  );
}

/** Who did what to an object of which kind, and the page of the object where it has one. */
export function toldOf(entry: AuditEntry, t: AdminTexts['site']['audit']) {
  const { action, kind, object } = entry;
  const page = PAGES[kind];
  // Of a secret it is told which one it was.
  const what = entry.after === 'totp' ? action.replace('secret', 'totp') : action;
  return {
    who: entry.actor_title ?? entry.actor,
    did: t.actions[what as keyof typeof t.actions] ?? action,
    sort: t.kinds[kind as keyof typeof t.kinds] ?? kind,
    href: page && action !== 'delete' ? addressOf(page, object) : null,
  };
}

interface EntryProps {
  entry: AuditEntry;
  only: (name: 'actor' | 'object', value: string, called: string) => void;
}

function Entry({ entry, only }: EntryProps) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.audit;
  const { at, actor, address, kind, object, title } = entry;
  const { who, did, sort, href } = toldOf(entry, t);
  const changes = changesOf(entry.before, entry.after, labelsOf(kind, texts.admin));
  const called = title || sort;
  return (
    <li className={`card ${classes.entry}`}>
      <div className={classes.entryHead}>
        <time dateTime={new Date(at).toISOString()} className="numbers">
          {new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' })}
        </time>
        <button type="button" title={t.onlyBy(who)} onClick={() => only('actor', actor, who)}>
          {who}
        </button>
        <span>
          {did} · {title === '' ? <b>{sort}</b> : sort}{' '}
          {title !== '' && (href !== null ? <Link href={href}>{title}</Link> : <b>{title}</b>)}
        </span>
        <button type="button" title={t.onlyOf(called)} onClick={() => only('object', object, called)}>
          {t.history}
        </button>
        {address && <span className={`numbers ${classes.dimmed}`}>{t.from(address)}</span>}
      </div>
      {changes.length > 0 && (
        <details className={classes.details} open={changes.length <= 4}>
          <summary>{t.fields(changes.length)}</summary>
          <Changes of={entry} />
        </details>
      )}
    </li>
  );
}
