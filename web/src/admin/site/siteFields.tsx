/** Fields that only objects of the site have: services, grants, lists, other objects. */
import { ActionIcon, Button, Checkbox, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useId, useRef, useState, type ReactNode } from 'react';
import type { Grant, ServiceRight } from '../../generated/site';
import { levels, services } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import { pathOf } from '../parts/merge';
import { useFormFields } from '../parts/RecordForm';
import { useValue } from '../parts/fields';
import { WholeNumber } from '../parts/WholeNumber';
import { Matrix } from './Matrix';
import { ObjectPicker, type ObjectPickerProps } from './ObjectPicker';
import { inLanguage, LEVELS, rightsOf, SERVICES, special } from './rights';
import classes from './site.module.css';

/** What is wrong with a field that is made of several: it takes the focus in place of them. */
export function Fault({ error, id }: { error: ReactNode; id?: string }) {
  if (!error) return null;
  return (
    <p id={id} className={classes.fault} tabIndex={-1} aria-invalid="true" role="alert">
      {error}
    </p>
  );
}

export interface ServicesFieldProps {
  at: string;
  /** Where else a service comes from. */
  from?: (service: ServiceRight) => readonly string[];
}

/** Which services are given. */
export function ServicesField({ at, from }: ServicesFieldProps) {
  const { language } = useTranslation();
  const { value, onChange, error, label } = useValue<ServiceRight[]>(at);
  const chosen = new Set(value);
  return (
    <>
      <Fault error={error} />
      <fieldset className={classes.services}>
        <legend className={classes.hidden}>{label}</legend>
        {SERVICES.map((service) => (
          <Checkbox
            key={service}
            label={inLanguage(services[service], language)}
            description={from?.(service).join(', ') || undefined}
            checked={chosen.has(service)}
            onChange={() => onChange(SERVICES.filter((each) => (each === service) !== chosen.has(each)))}
          />
        ))}
      </fieldset>
    </>
  );
}

/** What may be seen and done: a level, or rights one by one. */
export function GrantField({ at }: { at: string }) {
  const { value, onChange, error, label, readOnly } = useValue<Grant>(at);
  return (
    <>
      <Fault error={error} />
      <GrantChoice label={label} value={value} onChange={onChange} readOnly={readOnly} />
    </>
  );
}

export interface GrantChoiceProps {
  label: string;
  value: Grant;
  onChange: (grant: Grant) => void;
  readOnly?: boolean;
}

export function GrantChoice({ label, value, onChange, readOnly = false }: GrantChoiceProps) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.grant;
  const granted = rightsOf(value);
  const isSpecial = value.level === 'special';
  const [open, setOpen] = useState(false);
  return (
    <div className={classes.grant}>
      <NativeSelect
        label={label}
        description={t.hint}
        value={value.level}
        onChange={({ currentTarget: { value: level } }) => {
          // Who wants to choose one by one begins with what is granted so far, and sees it.
          if (level === 'special') setOpen(true);
          onChange(level === 'special' ? special(granted) : { level: level as Grant['level'] });
        }}
        data={[
          ...LEVELS.map((level) => ({ value: level, label: inLanguage(levels[level], language) })),
          { value: 'special', label: t.special },
        ]}
      />
      {value.level !== 'none' && (
        <details className={classes.details} open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>{isSpecial ? t.chosen(granted.size) : t.show}</summary>
          {open && (
            <Matrix
              label={t.matrix(label)}
              granted={granted}
              onChange={isSpecial && !readOnly ? (now) => onChange(special(now)) : undefined}
            />
          )}
        </details>
      )}
    </div>
  );
}

export interface RowsProps<T> {
  label: string;
  rows: readonly T[];
  keyOf: (row: T, at: number) => string;
  /** What removes a row is called. */
  removeLabel: (row: T, at: number) => string;
  onRemove: (at: number) => void;
  children: (row: T, at: number) => ReactNode;
  empty: string;
}

/** Rows that can be removed. The focus then goes to what comes after. */
export function Rows<T>({ label, rows, keyOf, removeLabel, onRemove, children, empty }: RowsProps<T>) {
  const { readOnly } = useFormFields();
  const box = useRef<HTMLDivElement>(null);
  const remove = (at: number) => {
    onRemove(at);
    // Once they are drawn; where none is left, the place itself has the focus.
    setTimeout(() => {
      const buttons = box.current?.querySelectorAll<HTMLElement>('li > button') ?? [];
      (buttons[Math.min(at, buttons.length - 1)] ?? box.current)?.focus();
    });
  };
  return (
    <div ref={box} tabIndex={-1} className={classes.place}>
      {rows.length === 0 ? (
        <p className={classes.plain}>{empty}</p>
      ) : (
        <ul className={classes.rows} aria-label={label}>
          {rows.map((row, at) => (
            <li key={keyOf(row, at)}>
              <div className={classes.row}>{children(row, at)}</div>
              {!readOnly && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  aria-label={removeLabel(row, at)}
                  title={removeLabel(row, at)}
                  onClick={() => remove(at)}
                >
                  <IconTrash size={17} aria-hidden />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** A field of a row: its value in the row's object. */
export interface RowField<T> {
  key: keyof T & string;
  label: string;
  type: 'text' | 'number' | 'switch';
}

export interface RowsFieldProps<T> {
  at: string;
  fields: readonly RowField<T>[];
  blank: T;
  add: string;
  remove: (row: T, at: number) => string;
  empty: string;
}

/** A list of small objects, each with a few fields. */
export function RowsField<T extends object>({ at, fields, blank, add, remove, empty }: RowsFieldProps<T>) {
  const { value, onChange, error, label, readOnly } = useValue<T[]>(at);
  const { form } = useFormFields();
  const box = useRef<HTMLDivElement>(null);
  const path = pathOf(at);
  const put = (place: number, change: Partial<T>) => {
    Object.keys(change).forEach((key) => form.clearFieldError(`${path}.${place}.${key}`));
    onChange(value.map((row, each) => (each === place ? { ...row, ...change } : row)));
  };
  const removed = (place: number) => {
    // What stands at other places than it did is no longer wrong there.
    form.setErrors((now) => Object.fromEntries(Object.entries(now).filter(([each]) => !each.startsWith(`${path}.`))));
    onChange(value.filter((_, each) => each !== place));
  };
  return (
    <div ref={box} className={classes.list}>
      <Fault error={error} />
      <Rows
        label={label}
        rows={value}
        keyOf={(_, place) => String(place)}
        removeLabel={remove}
        onRemove={removed}
        empty={empty}
      >
        {(row, place) =>
          fields.map(({ key, label: name, type }) => {
            const wrong = form.errors[`${path}.${place}.${key}`];
            return type === 'number' ? (
              <WholeNumber
                key={key}
                label={name}
                error={wrong}
                value={Number(row[key])}
                onChange={(now) => put(place, { [key]: now } as Partial<T>)}
              />
            ) : type === 'text' ? (
              <TextInput
                key={key}
                label={name}
                error={wrong}
                value={String(row[key])}
                onChange={({ currentTarget }) => put(place, { [key]: currentTarget.value } as Partial<T>)}
              />
            ) : (
              <Switch
                key={key}
                label={name}
                error={wrong}
                checked={Boolean(row[key])}
                onChange={({ currentTarget }) => put(place, { [key]: currentTarget.checked } as Partial<T>)}
              />
            );
          })
        }
      </Rows>
      {!readOnly && (
        <AddButton
          label={add}
          onClick={() => {
            onChange([...value, blank]);
            // Once it is drawn.
            setTimeout(() =>
              [...(box.current?.querySelectorAll<HTMLElement>('li:last-child input') ?? [])][0]?.focus(),
            );
          }}
        />
      )}
    </div>
  );
}

/** A list of texts. */
export function TextListField({
  at,
  ...words
}: {
  at: string;
  add: string;
  item: string;
  remove: (text: string) => string;
  empty: string;
}) {
  const { value, onChange, error, label, readOnly } = useValue<string[]>(at);
  const id = useId();
  return (
    <div className={classes.list} role="group" aria-labelledby={id}>
      <span id={id} className={classes.listLabel}>
        {label}
      </span>
      <Fault error={error} />
      <Rows
        label={label}
        rows={value}
        keyOf={(_, place) => String(place)}
        removeLabel={words.remove}
        onRemove={(place) => onChange(value.filter((_, each) => each !== place))}
        empty={words.empty}
      >
        {(text, place) => (
          <TextInput
            aria-label={words.item}
            value={text}
            onChange={({ currentTarget }) =>
              onChange(value.map((before, each) => (each === place ? currentTarget.value : before)))
            }
          />
        )}
      </Rows>
      {!readOnly && <AddButton label={words.add} onClick={() => onChange([...value, ''])} />}
    </div>
  );
}

/** Certificates as text, each in a box of its own. */
export function AuthoritiesField({
  at,
  ...words
}: {
  at: string;
  add: string;
  item: string;
  remove: string;
  empty: string;
}) {
  const { value, onChange, error, label, readOnly } = useValue<string[]>(at);
  const { form } = useFormFields();
  const id = useId();
  return (
    <div className={classes.list} role="group" aria-labelledby={id}>
      <span id={id} className={classes.listLabel}>
        {label}
      </span>
      <Fault error={error} />
      <Rows
        label={label}
        rows={value}
        keyOf={(_, place) => String(place)}
        removeLabel={() => words.remove}
        onRemove={(place) => onChange(value.filter((_, each) => each !== place))}
        empty={words.empty}
      >
        {(text, place) => (
          <Textarea
            aria-label={words.item}
            className={classes.pem}
            rows={4}
            spellCheck={false}
            value={text}
            error={form.errors[pathOf(`${at}/${place}`)]}
            onChange={({ currentTarget }) =>
              onChange(value.map((before, each) => (each === place ? currentTarget.value : before)))
            }
          />
        )}
      </Rows>
      {!readOnly && <AddButton label={words.add} onClick={() => onChange([...value, ''])} />}
    </div>
  );
}

function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button
      className={classes.add}
      variant="default"
      size="xs"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={onClick}
    >
      {label}
    </Button>
  );
}

/** Another object, chosen by its name. */
export function ObjectField({
  at,
  ...props
}: { at: string } & Omit<ObjectPickerProps, 'label' | 'value' | 'onChange'>) {
  const { value, onChange, error, label, readOnly } = useValue<string | null>(at);
  return <ObjectPicker {...props} label={label} error={error} value={value} onChange={onChange} disabled={readOnly} />;
}
