/** A location: where telephones stand, how their numbers are built, and by which rules they are read and dialled. */
import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { createPortal } from 'react-dom';
import type {
  Dialect,
  ExtensionPrefixes,
  ExtensionRange,
  LocationObject,
  Numbering,
  SubscriberNumber,
} from '../../generated/site';
import { blankLocation } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import { NumberField, SelectField, SwitchField, TextField, useValue } from '../parts/fields';
import { fieldOf, pathOf, same } from '../parts/merge';
import { useFormFields } from '../parts/RecordForm';
import { countries, numberingOf } from './location';
import { LeastCost } from './numbers/LeastCost';
import { Network } from './numbers/Network';
import classes from './numbers/numbers.module.css';
import { Acting } from './numbers/RuleList';
import {
  DialectChoice,
  Emergency,
  Formatting,
  InternalOrExternal,
  LineNumbers,
  Projects,
  Simple,
  Special,
  Strip,
} from './numbers/RuleSections';
import { withoutBlank } from './numbers/rules';
import { Simulator } from './numbers/Simulator';
import { WhatIf } from './numbers/WhatIf';
import { NEW, ObjectPage } from './ObjectPage';
import { ExchangeOf } from './RuleExchange';
import { Columns, Section } from './Section';
import { RowsField } from './siteFields';
import { useLocationWords } from './words';

/** Digits of a number at most. */
const DIGITS = 15;

const BEFORE = ['place', 'numbers', 'codes'] as const;
const RULES = [
  'strip',
  'internal',
  'lines',
  'formatting',
  'emergency',
  'projects',
  'leastCost',
  'special',
  'network',
  'simple',
  'whatIf',
  'simulator',
] as const;

export function LocationPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const words = useLocationWords();
  const t = texts.admin.site.location;
  const { rules } = texts.admin.site;
  const labels = useMemo(() => ({ ...t.fields, ...rules.fields }), [t, rules]);
  return (
    <ObjectPage
      kind="locations"
      id={id}
      blank={blankLocation}
      labels={labels}
      words={words}
      sections={[
        ...BEFORE.map((key) => ({ key, title: t.sections[key] })),
        ...RULES.filter((key) => key !== 'whatIf' || id !== NEW).map((key) => ({ key, title: rules.sections[key] })),
      ]}
      goes={id === NEW ? undefined : t.goes}
    >
      {() => <Editors id={id === NEW ? null : id} />}
    </ObjectPage>
  );
}

function Editors({ id }: { id: string | null }) {
  const [acting, setActing] = useState<ReadonlySet<string>>(new Set());
  return (
    <div className={classes.page} data-beside>
      <ExchangeOf value={id}>
        <Acting value={acting}>
          <div className={classes.sections}>
            <Place />
            <Numbers />
            <Of dialect="full" at={['/access_codes']}>
              <Codes />
            </Of>
            <Of dialect="full" at={['/strip', '/ignore_connected_id']}>
              <Strip />
            </Of>
            <Of dialect="full" at={['/external_rules', '/internal_rules']}>
              <InternalOrExternal />
            </Of>
            <LineNumbers />
            <Of dialect="full" at={['/formatting']}>
              <Formatting />
            </Of>
            <Of dialect="full" at={['/emergency']}>
              <Emergency />
            </Of>
            <Of dialect="full" at={['/projects']}>
              <Projects />
            </Of>
            <Of dialect="full" at={['/least_cost_routing']}>
              <LeastCost />
            </Of>
            <Of
              dialect="full"
              at={['/output', '/vanity', '/north_america', '/always_area_code', '/split_long_numbers']}
            >
              <Special />
            </Of>
            <Of dialect="full" at={['/network']}>
              <Network id={id} />
            </Of>
            <Of dialect="simple" at={['/simple']}>
              <Simple />
            </Of>
            {id !== null && <PastNumbers id={id} />}
          </div>
        </Acting>
      </ExchangeOf>
      <Trying id={id} onActing={(rules) => setActing(new Set(rules))} />
    </div>
  );
}

/** What changes would have made of past numbers, before they are saved. */
function PastNumbers({ id }: { id: string }) {
  const { texts } = useTranslation();
  const { form, readOnly } = useFormFields();
  const draft = useMemo(() => withoutBlank(form.values as unknown as LocationObject), [form.values]);
  const t = texts.admin.site.rules;
  if (readOnly) return null;
  return (
    <Section name="whatIf" title={t.sections.whatIf} text={t.whatIf.text}>
      <WhatIf id={id} location={draft} changed={!same(form.getInitialValues(), draft)} />
    </Section>
  );
}

/** What becomes of numbers with what stands in the form; where it is not beside the rules, a strip has the outcome and opens it. */
function Trying({ id, onActing }: { id: string | null; onActing: (rules: readonly string[]) => void }) {
  const { texts } = useTranslation();
  const { form, labels, foot } = useFormFields();
  const [said, setSaid] = useState('');
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) box.current?.querySelector('input')?.focus();
  }, [open]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  /** Places at which something is wrong that is not saved yet. */
  const told = useRef<string[]>([]);
  const t = texts.admin.site.rules;
  const tell = (problems: readonly { pointer: string; said: string }[]) => {
    const said = problems.flatMap((problem) => {
      const field = fieldOf(problem.pointer, labels);
      return field === null ? [] : [[pathOf(field), problem.said] as const];
    });
    if (said.length === 0 && told.current.length === 0) return;
    const before = new Set(told.current);
    told.current = said.map(([path]) => path);
    // All at once: one by one, the form compares with what was wrong before the first of them.
    form.setErrors((now) => ({
      ...Object.fromEntries(Object.entries(now).filter(([path]) => !before.has(path))),
      ...Object.fromEntries(said),
    }));
  };
  return (
    <div
      ref={box}
      className={classes.trying}
      data-open={open || undefined}
      onKeyDown={({ key }) => open && key === 'Escape' && close()}
    >
      <Section name="simulator" title={t.sections.simulator} text={t.simulator.text} searched>
        <Simulator
          id={id}
          location={form.values as unknown as LocationObject}
          saved={form.getInitialValues() as unknown as LocationObject}
          labels={labels}
          onActing={onActing}
          onProblems={tell}
          onSaid={setSaid}
        />
      </Section>
      {foot &&
        createPortal(
          <div className={classes.strip}>
            <span>{said || t.simulator.empty}</span>
            <Button
              ref={opener}
              variant="default"
              size="xs"
              aria-expanded={open}
              onClick={() => (open ? close() : setOpen(true))}
            >
              {open ? texts.settings.close : t.simulator.open}
            </Button>
          </div>,
          foot,
        )}
    </div>
  );
}

const useBody = () => useFormFields().form.values as unknown as LocationObject;

/** Whether something stands there that is wrong: then it is shown. */
function useIsWrong(at: string): boolean {
  const { form } = useFormFields();
  return Object.keys(form.errors).some((path) => `/${path}`.startsWith(at));
}

/** What counts in one dialect only; in the other it is shown where something in it is wrong. */
function Of({ dialect, at, children }: { dialect: Dialect; at: readonly string[]; children: ReactNode }) {
  const { form } = useFormFields();
  const isWrong = Object.keys(form.errors).some((path) => at.some((place) => `/${path}`.startsWith(place)));
  return useBody().dialect === dialect || isWrong ? children : null;
}

function Place() {
  const { texts, language } = useTranslation();
  const all = useMemo(() => countries(language), [language]);
  const t = texts.admin.site.location;
  return (
    <Section name="place" title={t.sections.place} text={t.text}>
      <Columns>
        <TextField at="/name" required hint={t.hints.name} />
        <SelectField at="/country" required options={[{ value: '', label: '–' }, ...all]} />
        <TextField at="/area_code" type="tel" hint={t.hints.area} />
      </Columns>
      <SwitchField at="/has_pbx" hint={t.hints.pbx} />
      <DialectChoice />
    </Section>
  );
}

function Numbers() {
  const { texts } = useTranslation();
  const t = texts.admin.site.location;
  const { has_pbx, numbering, dialect } = useBody();
  const { value, onChange, readOnly } = useValue<Numbering>('/numbering');
  /** What was there before something else was chosen: who only looks loses nothing. */
  const kept = useRef<Partial<Record<Numbering['kind'], Numbering>>>({});
  const extensions = useRef<Extensions>({ ranges: [], prefixes: { from: '', to: '' } });
  const isWrong = useIsWrong('/numbering');
  const lengthIsWrong = [useIsWrong('/numbering/shortest'), useIsWrong('/numbering/longest')].includes(true);
  // The simple rules have a length of their own; extensions by first digits need these.
  const byFirst = numbering.kind === 'trunk' && numbering.prefixes !== null;
  if (!has_pbx && !isWrong) return null;
  return (
    <Section name="numbers" title={t.sections.numbers} text={t.numbersText}>
      <NativeSelect
        label={t.fields['/numbering']}
        value={numbering.kind}
        disabled={readOnly}
        onChange={({ currentTarget }) => {
          const kind = currentTarget.value as Numbering['kind'];
          kept.current[value.kind] = value;
          onChange(numberingOf(kind, value, kept.current[kind]));
        }}
        data={(['trunk', 'multipoint'] as const).map((kind) => ({ value: kind, label: t.kinds[kind] }))}
      />
      {numbering.kind === 'trunk' ? (
        <Trunk kept={extensions} />
      ) : (
        <>
          <h3>{t.fields['/numbering/numbers']}</h3>
          <RowsField<SubscriberNumber>
            at="/numbering/numbers"
            fields={[
              { key: 'number', label: t.fields['/numbering/numbers/*/number'], type: 'text' },
              { key: 'internal', label: t.fields['/numbering/numbers/*/internal'], type: 'text' },
            ]}
            blank={{ number: '+', internal: '' }}
            add={t.subscriber.add}
            remove={({ number }) => t.subscriber.remove(number)}
            empty={t.subscriber.none}
          />
        </>
      )}
      {(dialect === 'full' || byFirst || lengthIsWrong) && (
        <Columns>
          <NumberField at="/numbering/shortest" least={0} most={DIGITS} hint={t.hints.shortest} />
          <NumberField at="/numbering/longest" least={0} most={DIGITS} hint={t.hints.longest} />
        </Columns>
      )}
    </Section>
  );
}

/** Extensions in the one form and in the other. */
interface Extensions {
  ranges: ExtensionRange[];
  prefixes: ExtensionPrefixes;
}

/** A base number with extensions behind it: from one to another, or by their first digits. */
function Trunk({ kept }: { kept: RefObject<Extensions> }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.location;
  const ranges = useValue<ExtensionRange[]>('/numbering/ranges');
  const prefixes = useValue<ExtensionPrefixes | null>('/numbering/prefixes');
  const by = prefixes.value === null ? 'ranges' : 'prefixes';
  return (
    <>
      <Columns>
        <TextField at="/numbering/base_number" type="tel" hint={t.hints.base} />
        <NativeSelect
          label={t.by}
          value={by}
          disabled={ranges.readOnly}
          onChange={({ currentTarget }) => {
            const first = currentTarget.value === 'prefixes';
            if (first) kept.current.ranges = ranges.value;
            else kept.current.prefixes = prefixes.value ?? kept.current.prefixes;
            prefixes.onChange(first ? kept.current.prefixes : null);
            ranges.onChange(first ? [] : kept.current.ranges);
          }}
          data={[
            { value: 'ranges', label: t.byRange },
            { value: 'prefixes', label: t.byPrefix },
          ]}
        />
      </Columns>
      {by === 'prefixes' ? (
        <Columns>
          <TextField at="/numbering/prefixes/from" type="tel" hint={t.hints.first} />
          <TextField at="/numbering/prefixes/to" type="tel" hint={t.hints.last} />
        </Columns>
      ) : (
        <>
          <h3>{t.fields['/numbering/ranges']}</h3>
          <RowsField<ExtensionRange>
            at="/numbering/ranges"
            fields={[
              { key: 'from', label: t.fields['/numbering/ranges/*/from'], type: 'text' },
              { key: 'to', label: t.fields['/numbering/ranges/*/to'], type: 'text' },
            ]}
            blank={{ from: '', to: '' }}
            add={t.range.add}
            remove={({ from, to }) => t.range.remove(from, to)}
            empty={t.range.none}
          />
        </>
      )}
    </>
  );
}

function Codes() {
  const { texts } = useTranslation();
  const t = texts.admin.site.location;
  const { has_pbx } = useBody();
  const isWrong = useIsWrong('/access_codes');
  if (!has_pbx && !isWrong) return null;
  return (
    <Section name="codes" title={t.sections.codes} text={t.codesText}>
      <Columns>
        <TextField at="/access_codes/local" type="tel" hint={t.hints.local} />
        <TextField at="/access_codes/national" type="tel" hint={t.hints.national} />
        <TextField at="/access_codes/international" type="tel" hint={t.hints.international} />
        <TextField at="/access_codes/forwarding" type="tel" hint={t.hints.forwarding} />
        <TextField at="/access_codes/private" hint={t.hints.private} />
      </Columns>
    </Section>
  );
}
