/** A page with one object of a kind: what of it can be changed, and what else can be done with it. */
import { Button } from '@mantine/core';
import { IconArrowLeft, IconLock, IconTrash } from '@tabler/icons-react';
import { useContext, useRef, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import type { References, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { get } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import frame from '../Console.module.css';
import { RecordForm } from '../parts/RecordForm';
import type { Words } from '../parts/ConflictDialog';
import type { Tagged } from '../parts/rest';
import { useRead } from '../parts/useRead';
import { addressOf, go, Link, pageOf } from '../route';
import { useAsk } from './ask';
import { remember, titleOf } from './names';
import {
  bodyOf,
  deleteObject,
  Maker,
  readStored,
  replaceBody,
  urlOfObject,
  type Objects,
  type Plural,
} from './objects';
import { Referring } from './Referring';
import { useMayChange } from './role';
import { Sections, type SectionName } from './Section';
import classes from './site.module.css';

/** The id in the address of an object that is yet to be made. */
export const NEW = 'new';

export interface ObjectPageProps<K extends Plural> {
  kind: K;
  id: string;
  /** What a new one begins with. */
  blank: Objects[K];
  labels: Readonly<Record<string, string>>;
  words?: Words;
  /** The sections, in their order, by the keys of those that are drawn. */
  sections: readonly SectionName[];
  /** The fields. */
  children: (stored: Stored<Objects[K]>) => ReactNode;
  /** What is done at once, not with the rest. Only of objects that are there. */
  beside?: (stored: Stored<Objects[K]>, may: boolean) => ReactNode;
  /** What its deletion means; what refers to it is named beside that. */
  goes?: ReactNode;
  /** Asks before a change of one that is there is saved; false: it is not. */
  sure?: (before: Objects[K], after: Objects[K]) => Promise<boolean>;
  /** A change of one that is there is saved. */
  onSaved?: (before: Objects[K], after: Objects[K]) => void;
  /** Makes a new one; otherwise as others are made. */
  make?: (body: Objects[K]) => Promise<Tagged<Stored<Objects[K]>>>;
  /** Whether it can be deleted; true where left out. */
  deletable?: (stored: Stored<Objects[K]>) => boolean;
  /** Deletes it, where that is done in a way of its own. */
  remove?: (id: string, tag: string) => Promise<void>;
}

export function ObjectPage<K extends Plural>(props: ObjectPageProps<K>) {
  return props.id === NEW ? <Made {...props} /> : <Opened {...props} />;
}

function Made<K extends Plural>(props: ObjectPageProps<K>) {
  const { kind, blank, labels, words, sections, children, make } = props;
  const { texts } = useTranslation();
  const [maker] = useState(() => new Maker(kind));
  const id = useRef('');
  const t = texts.admin.site.kinds[kind];
  const stored: Stored<Objects[K]> = { id: '', version: 0, from_file: false, object: blank };
  return (
    <>
      <Head kind={kind} title={t.add} />
      <Sections names={sections}>
        <RecordForm<Objects[K]>
          known={{ value: blank, tag: '' }}
          labels={labels}
          words={words}
          save={async ({ value, tag }) => {
            // It has been made already, and then something else was typed.
            if (id.current !== '') return replaceBody(urlOfObject(kind, id.current), { value, tag });
            const made = await (make ?? ((body: Objects[K]) => maker.make(body)))(value);
            id.current = made.value.id;
            remember(kind, [made.value]);
            return bodyOf(made);
          }}
          reload={async () => bodyOf(await readStored<Objects[K]>(urlOfObject(kind, id.current)))}
          onSaved={(_, more) => more || go(addressOf(pageOf(kind), id.current))}
        >
          {children(stored)}
        </RecordForm>
      </Sections>
    </>
  );
}

function Opened<K extends Plural>(props: ObjectPageProps<K>) {
  const { kind, id, labels, words, sections, children, beside, goes, deletable, remove, sure: agrees } = props;
  const { texts } = useTranslation();
  const reason = useReason();
  const announce = useContext(Announce);
  const url = urlOfObject(kind, id);
  const { known, failure, again } = useRead<Stored<Objects[K]>>(url);
  const [saved, setSaved] = useState<Stored<Objects[K]> | null>(null);
  const [isGone, setGone] = useState(false);
  const [ask, dialog] = useAsk();
  const may = useMayChange(pageOf(kind));
  const t = texts.admin.site;

  if (isGone) return null;
  if (known === null) {
    return (
      <>
        <Head kind={kind} title={t.kinds[kind].title} />
        {failure === null ? (
          <p className={frame.loading}>{texts.signIn.loading}</p>
        ) : (
          <section className={`card ${classes.section}`} role="alert">
            <p className={classes.plain}>{t.notThere(reason(failure))}</p>
            <Button variant="default" onClick={again}>
              {t.again}
            </Button>
          </section>
        )}
      </>
    );
  }
  const stored = saved ?? known.value;
  const title = titleOf(stored.object);
  const locked = stored.from_file || !may;
  const gone = async () => {
    try {
      // What refers to a line group are its lines, which go with it.
      const referring = kind === 'line_groups' ? null : await get<References>(`${url}/references`);
      const text = (
        <>
          <p>{goes ?? t.sureText}</p>
          {referring && <Referring {...referring} />}
        </>
      );
      if (!(await ask({ title: t.sure(title), text, confirm: t.delete, danger: true }))) return;
      // Somebody else's change is no reason to keep it: the person has seen what goes.
      const { tag: now } = await readStored<Objects[K]>(url);
      await (remove?.(id, now) ?? deleteObject(kind, id, now));
      announce(t.deleted(title), false);
      // What was not saved of it is no reason to stay.
      flushSync(() => setGone(true));
      go(addressOf(pageOf(kind)));
    } catch (error) {
      announce(t.failed(reason(error)), true);
    }
  };
  return (
    <>
      <Head kind={kind} title={title}>
        {!locked && (deletable?.(stored) ?? true) && (
          <Button variant="default" leftSection={<IconTrash size={17} aria-hidden />} onClick={() => void gone()}>
            {t.delete}
          </Button>
        )}
      </Head>
      {stored.from_file && (
        <p className={classes.inFile}>
          <IconLock size={19} aria-hidden />
          <span>{t.inFileText}</span>
        </p>
      )}
      <Sections names={sections}>
        <RecordForm<Objects[K]>
          known={bodyOf(known)}
          labels={labels}
          words={words}
          readOnly={locked}
          sure={agrees && ((value) => agrees(stored.object, value))}
          save={(changed) => replaceBody(url, changed)}
          reload={async () => bodyOf(await readStored<Objects[K]>(url))}
          onSaved={({ value }) => props.onSaved?.(stored.object, value)}
          onKnown={({ value }) => {
            const now = { ...stored, object: value };
            remember(kind, [now]);
            setSaved(now);
          }}
        >
          {children(stored)}
        </RecordForm>
        {beside?.(stored, !locked)}
      </Sections>
      {dialog}
    </>
  );
}

function Head({ kind, title, children }: { kind: Plural; title: string; children?: ReactNode }) {
  const { texts } = useTranslation();
  return (
    <div className={classes.head}>
      <div>
        <Link className={classes.back} href={addressOf(pageOf(kind))}>
          <IconArrowLeft size={16} aria-hidden />
          {texts.admin.site.kinds[kind].title}
        </Link>
        <h1 className={frame.title}>{title}</h1>
      </div>
      {children}
    </div>
  );
}
