/** Locations: where telephones stand, and how their numbers are built. */
import { NativeSelect } from '@mantine/core';
import { useMemo } from 'react';
import type { ExtensionPrefixes, ExtensionRange, LocationObject, Stored, SubscriberNumber } from '../../generated/site';
import { blankLocation } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { NumberField, SelectField, SwitchField, TextField, useValue } from '../parts/fields';
import { useFormFields } from '../parts/RecordForm';
import { countries, countryName, numberingOf } from './location';
import { ObjectList } from './ObjectList';
import { NEW, ObjectPage } from './ObjectPage';
import { Columns, Section } from './Section';
import { RowsField } from './siteFields';

/** Digits of a number at most. */
const DIGITS = 15;

export function Locations() {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.location.fields;
  const columns: Column<Stored<LocationObject>>[] = [
    { key: 'name', title: t['/name'], sort: 'name', width: 'minmax(0, 1.3fr)', cell: ({ object }) => object.name },
    {
      key: 'country',
      title: t['/country'],
      sort: 'country',
      cell: ({ object }) => countryName(object.country, language),
    },
    { key: 'area', title: t['/area_code'], sort: 'area_code', cell: ({ object }) => object.area_code },
    { key: 'numbers', title: t['/numbering'], cell: ({ object }) => numbersOf(object), wide: true },
  ];
  return <ObjectList kind="locations" columns={columns} />;
}

/** Its extensions, shortly. */
function numbersOf({ has_pbx, numbering }: LocationObject): string {
  if (!has_pbx) return '–';
  if (numbering.kind === 'multipoint') return numbering.numbers.map(({ number }) => number).join(', ');
  const { base_number: base, ranges, prefixes } = numbering;
  const extensions = (prefixes ? [prefixes] : ranges).map(({ from, to }) => (from === to ? from : `${from}–${to}`));
  return [base, extensions.join(', ')].filter(Boolean).join(' ');
}

export function LocationPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.location;
  return (
    <ObjectPage
      kind="locations"
      id={id}
      blank={blankLocation}
      labels={t.fields}
      sections={(['place', 'numbers', 'codes'] as const).map((key) => ({ key, title: t.sections[key] }))}
      goes={id === NEW ? undefined : t.goes}
    >
      {() => (
        <>
          <Place />
          <Numbers />
          <Codes />
        </>
      )}
    </ObjectPage>
  );
}

const useBody = () => useFormFields().form.values as unknown as LocationObject;

/** Whether something stands there that is wrong: then it is shown. */
function useIsWrong(at: string): boolean {
  const { form } = useFormFields();
  return Object.keys(form.errors).some((path) => `/${path}`.startsWith(at));
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
    </Section>
  );
}

function Numbers() {
  const { texts } = useTranslation();
  const t = texts.admin.site.location;
  const { has_pbx, numbering } = useBody();
  const { value, onChange, readOnly } = useValue<LocationObject['numbering']>('/numbering');
  const isWrong = useIsWrong('/numbering');
  if (!has_pbx && !isWrong) return null;
  return (
    <Section name="numbers" title={t.sections.numbers} text={t.numbersText}>
      <NativeSelect
        label={t.fields['/numbering']}
        value={numbering.kind}
        disabled={readOnly}
        onChange={({ currentTarget }) =>
          onChange(numberingOf(currentTarget.value as LocationObject['numbering']['kind'], value))
        }
        data={(['trunk', 'multipoint'] as const).map((kind) => ({ value: kind, label: t.kinds[kind] }))}
      />
      {numbering.kind === 'trunk' ? (
        <Trunk />
      ) : (
        <>
          <h3>{t.fields['/numbering/numbers']}</h3>
          <RowsField<SubscriberNumber>
            at="/numbering/numbers"
            fields={[
              { key: 'number', label: t.subscriber.number, type: 'text' },
              { key: 'internal', label: t.subscriber.internal, type: 'text' },
            ]}
            blank={{ number: '+', internal: '' }}
            add={t.subscriber.add}
            remove={({ number }) => t.subscriber.remove(number)}
            empty={t.subscriber.none}
          />
        </>
      )}
      <Columns>
        <NumberField at="/numbering/shortest" least={0} most={DIGITS} hint={t.hints.shortest} />
        <NumberField at="/numbering/longest" least={0} most={DIGITS} hint={t.hints.longest} />
      </Columns>
    </Section>
  );
}

/** A base number with extensions behind it: from one to another, or by their first digits. */
function Trunk() {
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
            prefixes.onChange(first ? { from: '', to: '' } : null);
            if (first) ranges.onChange([]);
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
              { key: 'from', label: t.range.from, type: 'text' },
              { key: 'to', label: t.range.to, type: 'text' },
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
