/** An object of the server that is being changed: what is not saved, what is wrong, and who else has changed it. */
import { Button } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import {
  createContext,
  useContext,
  useEffect,
  useRef,
  useState,
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { flushSync } from 'react-dom';
import { BusyButton } from '../../components/BusyButton';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem, type FieldError } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { ConflictDialog, type Words } from './ConflictDialog';
import { LeaveGuard } from './LeaveGuard';
import { differences, fieldOf, merged, pathOf, same } from './merge';
import classes from './RecordForm.module.css';
import { isConflict, type Tagged } from './rest';

type Values = Record<string, unknown>;

/** What fields need of the form that they are in. */
export interface FormFields {
  form: UseFormReturnType<Values>;
  labels: Readonly<Record<string, string>>;
  /** Whether nothing can be changed. */
  readOnly: boolean;
  /** A place above what saves, in sight wherever one is on the page; null until it is drawn. */
  foot: HTMLElement | null;
}

const Fields = createContext<FormFields | null>(null);

export function useFormFields(): FormFields {
  const fields = useContext(Fields);
  if (!fields) throw new Error('a field needs a RecordForm');
  return fields;
}

/** What is locked where nothing can be changed. In it one cannot even search, so lists that are searched lock their own. */
export function Locked({ children }: { children: ReactNode }) {
  return (
    <fieldset className={classes.locked} disabled={useContext(Fields)?.readOnly}>
      {children}
    </fieldset>
  );
}

/** Says in `--foot` how much of the page an element at its foot covers: what has the focus is not to be under it. */
function useCovering() {
  const covering = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = covering.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const { style } = document.documentElement;
    const measured = new ResizeObserver(() => style.setProperty('--foot', `${box.offsetHeight}px`));
    measured.observe(box);
    return () => {
      measured.disconnect();
      style.removeProperty('--foot');
    };
  }, []);
  return covering;
}

export interface RecordFormProps<T extends object> {
  /** The object, and which version of it this is. */
  known: Tagged<T>;
  /** What each field is called, by its pointer. */
  labels: Readonly<Record<string, string>>;
  /** Asks before it is saved; false: it is not. */
  sure?: (value: T) => Promise<boolean>;
  /** Saves it; what comes of it. For an object that is not there yet: `({ value }) => creation.send(value)`. */
  save: (changed: Tagged<T>) => Promise<Tagged<T>>;
  /** Reads what is there by now. */
  reload: () => Promise<Tagged<T>>;
  /** Another version of it is known: what was saved, or what somebody else has made of it. */
  onKnown?: (now: Tagged<T>) => void;
  /** It is saved; `more` where something else has been typed meanwhile. */
  onSaved?: (saved: Tagged<T>, more: boolean) => void;
  /** Whether it is only shown. */
  readOnly?: boolean;
  /** A value in words, where a field has its own; undefined: as others of its type. */
  words?: Words;
  children: ReactNode;
}

export function RecordForm<T extends object>(props: RecordFormProps<T>) {
  const { labels, sure, save, reload, onKnown, onSaved, readOnly = false, words, children } = props;
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const t = texts.admin.parts.form;
  const [known, setKnown] = useState(props.known);
  const [busy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<Tagged<T> | null>(null);
  /** What is wrong that no field can say. */
  const [problems, setProblems] = useState<string[]>([]);
  const element = useRef<HTMLFormElement>(null);
  const [foot, setFoot] = useState<HTMLElement | null>(null);
  const covering = useCovering();
  /** Raised when the first wrong field is to get the focus. */
  const [refused, setRefused] = useState(0);
  const form = useForm<Values>({ mode: 'controlled', initialValues: props.known.value as Values });
  const mine = form.values as T;
  const unsaved = !same(known.value, mine);

  useEffect(() => {
    // Mantine marks what is wrong.
    if (refused > 0) element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);

  const settle = (now: Tagged<T>, shown: T = now.value) => {
    setKnown(now);
    setTheirs(null);
    setProblems([]);
    form.clearErrors();
    form.setInitialValues(now.value as Values);
    form.setValues(shown as Values);
  };
  const blame = (errors: readonly FieldError[], otherwise: string) => {
    const said = (error: FieldError) => faultSentence(error, language);
    const fields = errors.map((error) => ({ field: fieldOf(error.pointer, labels), said: said(error) }));
    const here = fields.filter(({ field }) => field !== null);
    const elsewhere = fields.filter(({ field }) => field === null).map((each) => each.said);
    form.setErrors(Object.fromEntries(here.map((each) => [pathOf(each.field ?? ''), each.said])));
    // Of a field that is a list, several things may be wrong.
    const count = new Set(here.map(({ field }) => field)).size;
    setProblems(errors.length === 0 ? [otherwise] : [...(count > 0 ? [t.wrong(count)] : []), ...elsewhere]);
    if (here.length > 0) setRefused((before) => before + 1);
  };
  const send = async (changed: Tagged<T>) => {
    if (busy) return;
    setBusy(true);
    setProblems([]);
    const before = form.getValues() as T;
    try {
      const saved = await save(changed);
      // What was typed meanwhile stays, and is not saved yet.
      const shown = merged(before, form.getValues() as T, saved.value, labels);
      // Done before anybody is told: who goes to another page then is asked nothing.
      flushSync(() => settle(saved, shown));
      announce(t.saved, false);
      onKnown?.(saved);
      onSaved?.(saved, !same(saved.value, shown));
    } catch (error) {
      setTheirs(null);
      if (isConflict(error)) await reload().then(setTheirs, (failure: unknown) => setProblems([reason(failure)]));
      else blame(error instanceof Problem ? error.errors : [], reason(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!unsaved || readOnly) return;
    const changed = { value: mine, tag: known.tag };
    if (sure) void sure(mine).then((agreed) => (agreed ? send(changed) : undefined));
    else void send(changed);
  };
  const pressed = (event: KeyboardEvent<HTMLElement>) => {
    // What is looked for is no field of the object: Enter saves nothing there.
    const field = event.target as HTMLElement;
    if (event.key === 'Enter' && field.matches('input[type="search"], input[aria-haspopup="listbox"]')) {
      event.preventDefault();
    }
  };

  return (
    <Fields value={{ form, labels, readOnly, foot }}>
      <form ref={element} className={classes.form} noValidate onSubmit={submit}>
        <div className={classes.fields} onKeyDown={pressed}>
          {children}
        </div>
        <div ref={covering} className={classes.foot}>
          <div ref={setFoot} />
          {!readOnly && (
            <div className={classes.bar} data-bar data-unsaved={unsaved || undefined}>
              {problems.length > 0 ? (
                <div className={classes.problems} role="alert">
                  <IconAlertTriangle size={19} aria-hidden />
                  <span>{problems.join(' ')}</span>
                </div>
              ) : (
                <span className={classes.state} role="status">
                  {unsaved && t.unsaved}
                </span>
              )}
              {/* Always there, and never disabled: the focus stays where it is when everything is saved. */}
              <Button
                variant="default"
                aria-disabled={!unsaved || busy}
                data-disabled={!unsaved || undefined}
                onClick={() => unsaved && !busy && settle(known)}
              >
                {t.discard}
              </Button>
              <BusyButton type="submit" busy={busy} off={!unsaved}>
                {t.save}
              </BusyButton>
            </div>
          )}
        </div>
      </form>
      <LeaveGuard unsaved={unsaved} />
      <ConflictDialog
        differences={theirs && differences(known.value, mine, theirs.value, labels)}
        labels={labels}
        words={words}
        busy={busy}
        onOverwrite={() =>
          theirs && void send({ value: merged(known.value, mine, theirs.value, labels), tag: theirs.tag })
        }
        onReload={() => {
          if (theirs === null) return;
          settle(theirs);
          onKnown?.(theirs);
        }}
        onBack={() => setTheirs(null)}
      />
    </Fields>
  );
}
