/** Has the server call a number from a line, and shows what becomes of that. */
import { Autocomplete, TextInput } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleDotted,
  IconPhoneCall,
  IconPhoneOff,
} from '@tabler/icons-react';
import { useEffect, useState, type KeyboardEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { TestCall as Report } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { get, parsed, Problem, request } from '../../protocol/http';
import { useReason } from '../announce';
import { sent } from '../parts/rest';
import { addressOf } from '../route';
import { inLanguage } from './rights';
import classes from './site.module.css';

/** Between an answer and the next question, in ms. */
const EVERY = 600;

const signs = {
  waiting: IconCircleDotted,
  done: IconCircleCheck,
  failed: IconAlertTriangle,
  skipped: IconCircleDashed,
};

const placeOf = (call: Report) => `/api/v1/admin/test-calls/${encodeURIComponent(call.id)}`;

export interface TestCallProps {
  /** The object of the line that calls. */
  line: string;
  /** Numbers that may be meant. */
  proposals?: readonly string[];
  /** Whether the console is there to look into it. */
  console?: boolean;
}

export function TestCall({ line, proposals = [], console = true }: TestCallProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const [number, setNumber] = useState(proposals[0] ?? '');
  const [call, setCall] = useState<Report | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const t = texts.admin.site.line.testCall;
  const runs = call !== null && !call.over;
  useEffect(() => {
    if (call === null || call.over) return;
    let gone = false;
    const ask = async () => {
      try {
        const now = await get<Report>(placeOf(call));
        if (!gone) setCall(now);
      } catch (error) {
        if (gone) return;
        setFailure(t.lost(reason(error)));
        setCall({ ...call, over: true });
      }
    };
    const timer = setTimeout(() => void ask(), EVERY);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
    // Each answer brings the next question.
  }, [call]);
  const begin = async () => {
    setFault(null);
    setFailure(null);
    setCall(null);
    setBusy(true);
    try {
      const path = `/api/v1/admin/lines/${encodeURIComponent(line)}/test-call`;
      setCall(parsed<Report>(await request(path, { method: 'POST', ...sent({ number }) })));
    } catch (error) {
      const wrong = error instanceof Problem ? error.errors[0] : undefined;
      if (wrong) setFault(faultSentence(wrong, language));
      else setFailure(t.failed(reason(error)));
    } finally {
      setBusy(false);
    }
  };
  const end = async () => {
    if (call === null) return;
    await request(placeOf(call), { method: 'DELETE' }).catch((error: unknown) => setFailure(t.failed(reason(error))));
  };
  const press = () => {
    if (!busy) void (runs ? end() : begin());
  };
  const typed = (now: string) => {
    setNumber(now);
    setFault(null);
  };
  const field = {
    label: t.number,
    description: t.numberHint,
    value: number,
    error: fault,
    readOnly: runs,
    inputMode: 'tel',
    autoComplete: 'off',
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter') return;
      // The form around it is another matter.
      event.preventDefault();
      if (!runs) press();
    },
  } as const;
  return (
    <div className={classes.list}>
      <div className={classes.call}>
        {proposals.length === 0 ? (
          <TextInput {...field} onChange={({ currentTarget }) => typed(currentTarget.value)} />
        ) : (
          <Autocomplete {...field} data={[...new Set(proposals)]} onChange={typed} />
        )}
        <BusyButton
          variant={runs ? 'default' : 'light'}
          busy={busy}
          leftSection={runs ? <IconPhoneOff size={17} aria-hidden /> : <IconPhoneCall size={17} aria-hidden />}
          onClick={press}
        >
          {runs ? t.end : t.begin}
        </BusyButton>
      </div>
      <div role="status">
        {failure !== null && (
          <p className={classes.warning}>
            <IconAlertTriangle size={18} aria-hidden />
            <span>{failure}</span>
          </p>
        )}
        {call && <Course call={call} console={console} />}
      </div>
    </div>
  );
}

/** What has happened, step by step, and what to do where it did not work. */
function Course({ call, console }: { call: Report; console: boolean }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.line.testCall;
  const { verdict } = call;
  const steps = call.steps.filter(({ outcome }) => outcome !== 'skipped');
  // What is not begun is not told yet.
  const told = steps.slice(0, steps.findIndex(({ outcome }) => outcome === 'waiting') + 1 || undefined);
  const fix = verdict && (language === 'de' ? verdict.fix_german : verdict.fix_english);
  return (
    <>
      <ol className={classes.steps}>
        {told.map(({ step, outcome, ...said }) => {
          const Sign = signs[outcome];
          return (
            <li key={step} data-outcome={outcome}>
              <Sign size={18} aria-hidden />
              <span>{inLanguage(said, language)}</span>
            </li>
          );
        })}
      </ol>
      {call.over && (
        <p className={classes.verdict} data-ok={call.ok || undefined}>
          {call.ok ? t.ok : verdict ? inLanguage(verdict, language) : t.over}
        </p>
      )}
      {!call.over && verdict && <p className={classes.verdict}>{inLanguage(verdict, language)}</p>}
      {fix && (
        <p className={classes.text}>
          <b>{t.fix}: </b>
          {fix}
        </p>
      )}
      {call.over && !call.ok && console && (
        <p className={classes.text}>
          <a className={classes.link} href={addressOf('calls', call.id)}>
            {t.trace}
          </a>
        </p>
      )}
    </>
  );
}
