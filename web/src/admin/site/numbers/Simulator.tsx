/** What becomes of a number, step by step: with a location as it is, and with changes that are not saved yet. */
import { Checkbox, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useContext, useEffect, useState, type KeyboardEvent } from 'react';
import type {
  ExplainedNumber,
  ExplainNumber,
  LocationObject,
  NumberKind,
  NumberStep,
  TariffDay,
} from '../../../generated/site';
import { useTranslation } from '../../../i18n';
import { faultSentence } from '../../../i18n/causes';
import { useReason } from '../../announce';
import { same } from '../../parts/merge';
import site from '../site.module.css';
import { draftProblems, explain, noteSentence, outcome, useComputed, type Computed } from './explain';
import classes from './numbers.module.css';
import { acting, asks, minuteOf, placeOf, sameResult, withoutBlank } from './rules';
import { LastTried, NOTHING_TRIED } from './tried';

const BY_PERSON = ['typed', 'forwarding'] as const;
const BY_PBX = ['caller', 'called', 'reported_forwarding', 'connected_incoming', 'connected_outgoing'] as const;
const DAYS: readonly TariffDay[] = ['weekday', 'saturday', 'sunday'];

export interface SimulatorProps {
  /** The location; null: one that is yet to be made. */
  id: string | null;
  /** The location as it stands here, and as it is saved. */
  location: LocationObject;
  saved: LocationObject;
  /** What its fields are called, for what is wrong with them. */
  labels?: Readonly<Record<string, string>>;
  /** Told which rules act, by their pointers. */
  onActing?: (rules: readonly string[]) => void;
  /** Told what is wrong with the location as it stands here: pointers and sentences. */
  onProblems?: (problems: readonly { pointer: string; said: string }[]) => void;
  /** Told the number and its outcome, or what is wrong; empty: nothing is tried. */
  onSaid?: (said: string) => void;
}

export function Simulator({ id, location, saved, labels = {}, onActing, onProblems, onSaid }: SimulatorProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const tried = useContext(LastTried);
  const [asked, setAsked] = useState(tried?.current ?? NOTHING_TRIED);
  const [around, setAround] = useState({ project: '', private: false, pin: '', user: '', client: '' });
  const [moment, setMoment] = useState({ day: 'weekday' as TariffDay, time: '12:00' });
  const { simulator: t, entry } = texts.admin.site.rules;
  useEffect(() => {
    if (tried) tried.current = asked;
  }, [tried, asked]);
  const isTyped = asked.kind === 'typed' || asked.kind === 'forwarding';
  // The simple rules know none of these.
  const hasMore = isTyped && location.dialect === 'full';
  const project = location.projects.find(({ name }) => name === around.project);
  const wants = asks(project, around.private ? location.access_codes.private : '');
  const minute = minuteOf(moment.time);
  const question: ExplainNumber = {
    ...asked,
    location: id ?? undefined,
    private: hasMore && around.private,
    ...(hasMore && {
      project: project?.name,
      pin: around.pin || undefined,
      user: around.user || undefined,
      client: around.client.trim() || undefined,
      moment: minute === null ? undefined : { day: moment.day, minute },
    }),
  };
  const isEmpty = asked.text.trim() === '';
  const key = isEmpty ? null : JSON.stringify(question);
  const draft = withoutBlank(location);
  const changed = id !== null && !same(saved, draft);
  const isDraft = changed || id === null;
  // What was asked with a draft holds when just that is saved.
  const shown = useComputed(key && `${key} ${JSON.stringify(draft)}`, (signal) =>
    explain(isDraft ? { ...question, draft } : question, signal),
  );
  const before = useComputed(key && changed ? `${key} ${JSON.stringify(saved)}` : null, (signal) =>
    explain(question, signal),
  );
  const problems = isDraft ? draftProblems(shown.failure) : [];
  const rules = shown.value ? acting(shown.value, asked.kind).join(' ') : '';
  useEffect(() => onActing?.(rules.split(' ').filter(Boolean)), [rules]);
  // With each answer, though it be the same as before: who has typed in a field since has taken the mark off it.
  useEffect(
    () => onProblems?.(problems.map((each) => ({ pointer: each.pointer, said: faultSentence(each, language) }))),
    [shown.failure, isDraft, language],
  );
  const told = new Set(
    problems.map((each) =>
      [placeOf(each.pointer, labels, entry), faultSentence(each, language)].filter(Boolean).join(': '),
    ),
  );
  const [fault] = told;
  const result = fault ?? (shown.value && outcome({ ...shown.value, shown: undefined }, t, language));
  const said = isEmpty || !result ? '' : `${asked.text}: ${result}`;
  useEffect(() => onSaid?.(said), [said]);
  const set = (change: Partial<typeof around>) => setAround((before) => ({ ...before, ...change }));
  return (
    <div className={classes.simulator} onKeyDown={keepIn}>
      <TextInput
        label={t.number}
        type="tel"
        autoComplete="off"
        value={asked.text}
        maxLength={1000}
        onChange={({ currentTarget }) => setAsked({ ...asked, text: currentTarget.value })}
      />
      <NativeSelect
        label={t.kind}
        value={asked.kind}
        onChange={({ currentTarget }) => setAsked({ ...asked, kind: currentTarget.value as NumberKind })}
        data={[
          { group: t.byPerson, items: BY_PERSON.map((value) => ({ value, label: t.kinds[value] })) },
          { group: t.byPbx, items: BY_PBX.map((value) => ({ value, label: t.kinds[value] })) },
        ]}
      />
      {hasMore && (
        <details className={site.details}>
          <summary>{t.more}</summary>
          <div className={classes.around}>
            {location.projects.length > 0 && (
              <NativeSelect
                label={t.project}
                value={project?.name ?? ''}
                onChange={({ currentTarget }) => set({ project: currentTarget.value })}
                data={[
                  { value: '', label: t.noProject },
                  ...location.projects
                    .filter(({ name }, at, all) => name && all.findIndex((each) => each.name === name) === at)
                    .map(({ name }) => ({ value: name, label: name })),
                ]}
              />
            )}
            {wants.pin && (
              <PasswordInput
                label={t.pin}
                autoComplete="off"
                value={around.pin}
                onChange={({ currentTarget }) => set({ pin: currentTarget.value })}
              />
            )}
            {wants.user && (
              <TextInput
                label={t.user}
                value={around.user}
                onChange={({ currentTarget }) => set({ user: currentTarget.value })}
              />
            )}
            <Checkbox
              label={t.private}
              checked={around.private}
              onChange={({ currentTarget }) => set({ private: currentTarget.checked })}
            />
            <TextInput
              label={t.client}
              description={t.clientHint}
              placeholder="192.0.2.1"
              value={around.client}
              onChange={({ currentTarget }) => set({ client: currentTarget.value })}
            />
            <div className={classes.moment}>
              <NativeSelect
                label={t.day}
                value={moment.day}
                onChange={({ currentTarget }) => setMoment({ ...moment, day: currentTarget.value as TariffDay })}
                data={DAYS.map((value) => ({ value, label: t.days[value] }))}
              />
              <TextInput
                label={t.time}
                type="time"
                value={moment.time}
                onChange={({ currentTarget }) => setMoment({ ...moment, time: currentTarget.value })}
              />
            </div>
          </div>
        </details>
      )}
      {isEmpty ? (
        <p className={site.dimmed}>{t.empty}</p>
      ) : (
        <>
          <div role="status" aria-busy={shown.busy}>
            {problems.length > 0 ? (
              <div className={site.warning}>
                <IconAlertTriangle size={18} aria-hidden />
                <div>
                  {t.wrong}
                  <ul>
                    {[...told].map((sentence) => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                </div>
              </div>
            ) : (
              <Outcomes shown={shown} before={before.value} />
            )}
            {shown.failure !== null && problems.length === 0 && (
              <p className={site.warning}>
                <IconAlertTriangle size={18} aria-hidden />
                <span>{t.failed(reason(shown.failure))}</span>
              </p>
            )}
          </div>
          {shown.value && <Steps steps={shown.value.steps} />}
        </>
      )}
    </div>
  );
}

/** Trying something saves nothing. */
function keepIn(event: KeyboardEvent) {
  const field = event.target as HTMLElement;
  if (event.key === 'Enter' && field.matches('input, select')) event.preventDefault();
}

/** What comes out; with the saved location beside it where that is something else. */
function Outcomes({ shown, before }: { shown: Computed<ExplainedNumber>; before: ExplainedNumber | null }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.rules.simulator;
  if (shown.value === null) return shown.busy ? <p className={site.dimmed}>{t.computing}</p> : null;
  const now = outcome(shown.value, t, language);
  if (before === null) return <p className={classes.outcome}>{now}</p>;
  if (sameResult(shown.value, before)) {
    return (
      <>
        <p className={classes.outcome}>{now}</p>
        <p className={site.dimmed}>{t.same}</p>
      </>
    );
  }
  // Two that are the same in these words differ in the whole number.
  const isSaid = now !== outcome(before, t, language);
  const said = (explained: ExplainedNumber) => outcome(explained, t, language, !isSaid);
  return (
    <dl className={classes.beside}>
      <div>
        <dt>{t.withDraft}</dt>
        <dd className={classes.outcome}>{said(shown.value)}</dd>
      </div>
      <div>
        <dt>{t.asSaved}</dt>
        <dd>{said(before)}</dd>
      </div>
    </dl>
  );
}

function Steps({ steps }: { steps: readonly NumberStep[] }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.rules.simulator;
  return (
    <ol className={classes.steps} aria-label={t.steps}>
      {steps.map(({ number, name, before, after, note, skipped }, at) => (
        // Several steps have the same number and name.
        <li key={at} data-changes={before !== after || undefined}>
          <span className={classes.number} aria-hidden>
            {number}
          </span>
          <div>
            <b>{Object.hasOwn(t.names, name) ? t.names[name] : name}</b>
            {before !== after && (
              <span className={classes.change}>
                <code>{before || '–'}</code> → <code>{after || '–'}</code>
              </span>
            )}
            <p>{noteSentence(note, language)}</p>
            {skipped.length > 0 && (
              <details className={site.details}>
                <summary>{t.skipped(skipped.length)}</summary>
                <ul className={classes.skipped}>
                  {skipped.map((rule) => (
                    <li key={rule.at}>
                      <code>{t.rule(rule.at + 1, rule.pattern)}</code> {noteSentence(rule.reason, language)}
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
