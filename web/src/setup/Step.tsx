/** A step of the setup: what is asked, what is wrong with it, and the way on. */
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowLeft } from '@tabler/icons-react';
import { createContext, useContext, useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useReason } from '../admin/announce';
import { BusyButton } from '../components/BusyButton';
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import { faultsOf, Lacking, type Faults } from './api';
import classes from './setup.module.css';

/** The way through the steps. */
export interface Way {
  title: string;
  back: (() => void) | null;
  next: () => void;
}

export const WayContext = createContext<Way>({ title: '', back: null, next: () => undefined });

/** What a step needs of the server before it is shown. */
export function Loaded<T>({
  load,
  children,
}: {
  load: () => Promise<T>;
  children: (value: T, again: () => void) => ReactNode;
}) {
  const { texts } = useTranslation();
  const reason = useReason();
  const [state, set] = useState<{ value: T } | { failure: unknown } | null>(null);
  const [turn, setTurn] = useState(0);
  const way = useContext(WayContext);
  const t = texts.setup;
  useEffect(() => {
    let over = false;
    load().then(
      (value) => over || set({ value }),
      (failure: unknown) => over || set({ failure }),
    );
    return () => void (over = true);
    // What is loaded is the same throughout a step.
  }, [turn]);
  const again = () => setTurn((before) => before + 1);
  if (state !== null && 'value' in state) return children(state.value, again);
  return (
    <section className={`card ${classes.step}`}>
      <h1>{way.title}</h1>
      {state === null ? (
        <p className={classes.text}>{t.loading}</p>
      ) : (
        <>
          <p role="alert">{t.notLoaded(reason(state.failure))}</p>
          <div className={classes.bar}>
            {way.back && (
              <Button variant="default" leftSection={<IconArrowLeft size={17} aria-hidden />} onClick={way.back}>
                {t.back}
              </Button>
            )}
            <Button variant="default" onClick={again}>
              {t.again}
            </Button>
            <span className={classes.room} />
            <Button variant="subtle" onClick={way.next}>
              {t.skip}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

export interface StepProps {
  text?: string;
  /** Does what the step is for. Throws what the server says against it. */
  save?: () => Promise<void>;
  /** Names of the fields, as the server has them. */
  fields?: readonly string[];
  /** What the button says that goes on. */
  next?: string;
  /** Whether the step can be left out. */
  skip?: boolean;
  /** The last step leads nowhere. */
  last?: boolean;
  children: (faults: Faults) => ReactNode;
}

export function Step({ text, save, fields = [], next, skip = false, last = false, children }: StepProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const way = useContext(WayContext);
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});
  /** What the page itself asks for yet. */
  const [lacks, setLacks] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const t = texts.setup;
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (Object.keys(faults).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [faults]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFaults({});
    setLacks('');
    try {
      await save?.();
      way.next();
    } catch (error) {
      if (error instanceof Lacking) setLacks(error.message);
      else setFaults(faultsOf(error, (fault) => faultSentence(fault, language), reason, fields));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} className={`card ${classes.step}`} noValidate onSubmit={(event) => void submit(event)}>
      <h1 ref={heading} tabIndex={-1}>
        {way.title}
      </h1>
      {text && <p className={classes.text}>{text}</p>}
      {children(faults)}
      {faults[''] && (
        <p className={classes.fault} role="alert">
          <IconAlertTriangle size={18} aria-hidden />
          {t.failed(faults[''])}
        </p>
      )}
      {lacks && (
        <p className={classes.fault} role="alert">
          <IconAlertTriangle size={18} aria-hidden />
          {lacks}
        </p>
      )}
      <div className={classes.bar}>
        {way.back && (
          <Button variant="default" leftSection={<IconArrowLeft size={17} aria-hidden />} onClick={way.back}>
            {t.back}
          </Button>
        )}
        <span className={classes.room} />
        {skip && (
          <Button variant="subtle" onClick={way.next}>
            {t.skip}
          </Button>
        )}
        {!last && (
          <BusyButton type="submit" busy={busy}>
            {next ?? t.next}
          </BusyButton>
        )}
      </div>
    </form>
  );
}
