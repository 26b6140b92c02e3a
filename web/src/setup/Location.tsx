/** Where the telephones stand: what numbers are completed with, and what is dialled for an outside line. */
import { NativeSelect, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { countries, probableCountry } from '../admin/site/location';
import type { LocationObject, Stored } from '../generated/site';
import { useTranslation } from '../i18n';
import { objects, put } from './api';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

const FROM = 'numbering/ranges/0/from';
const TO = 'numbering/ranges/0/to';
const BASE = 'numbering/base_number';
const FIELDS = ['name', 'country', 'area_code', 'access_codes', 'strip', BASE, FROM, TO, 'numbering'];

export function Location() {
  return (
    <Loaded load={() => objects('locations')}>
      {(all) => <LocationForm known={all.find(({ from_file }) => !from_file)} />}
    </Loaded>
  );
}

function LocationForm({ known }: { known: Stored<LocationObject> | undefined }) {
  const { texts, language } = useTranslation();
  const all = useMemo(() => countries(language), [language]);
  const t = texts.setup.location;
  const before = known?.object;
  const trunk = before?.numbering.kind === 'trunk' ? before.numbering : null;
  const [name, setName] = useState(before?.name ?? t.nameDefault);
  const [country, setCountry] = useState(before?.country ?? probableCountry(navigator.languages));
  const [area, setArea] = useState(before?.area_code ?? '');
  const [code, setCode] = useState(before?.access_codes.national ?? '0');
  const [base, setBase] = useState(trunk?.base_number ?? '');
  const [from, setFrom] = useState(trunk?.ranges[0]?.from ?? '');
  const [to, setTo] = useState(trunk?.ranges[0]?.to ?? '');
  const save = async () => {
    const digits = to.length;
    const own = { local: code, national: code, international: code, forwarding: code };
    const off = code === '' ? [] : [code];
    await put('locations', known?.id, {
      name,
      country,
      area_code: area,
      has_pbx: true,
      access_codes: { ...own, private: before?.access_codes.private ?? '' },
      strip: { incoming: off, outgoing: off, forwarding: off, connected_incoming: off, connected_outgoing: off },
      // Whole numbers are another matter, which this page leaves as it is.
      ...(before?.numbering.kind !== 'multipoint' && {
        numbering: {
          kind: 'trunk',
          base_number: base,
          ranges: from === '' && to === '' ? [] : [{ from, to }, ...(trunk?.ranges.slice(1) ?? [])],
          prefixes: trunk?.prefixes ?? null,
          shortest: trunk?.shortest || digits,
          longest: Math.max(trunk?.longest ?? 0, digits),
        },
      }),
    });
  };
  const input = (set: (text: string) => void) => ({
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => set(currentTarget.value),
    autoComplete: 'off',
    spellCheck: false,
  });
  return (
    <Step text={t.text} save={save} fields={FIELDS} skip={known === undefined}>
      {(faults) => (
        <>
          <div className={classes.columns}>
            <TextInput
              label={t.name}
              description={t.nameHint}
              required
              value={name}
              error={faults.name}
              {...input(setName)}
            />
            <NativeSelect
              label={t.country}
              description={t.countryHint}
              required
              value={country}
              error={faults.country}
              onChange={({ currentTarget }) => setCountry(currentTarget.value)}
              data={[{ value: '', label: '–' }, ...all]}
            />
            <TextInput
              label={t.area}
              description={t.areaHint}
              inputMode="tel"
              value={area}
              error={faults.area_code}
              {...input(setArea)}
            />
            <TextInput
              label={t.code}
              description={t.codeHint}
              inputMode="tel"
              value={code}
              error={faults.access_codes ?? faults.strip}
              {...input(setCode)}
            />
          </div>
          {before?.numbering.kind !== 'multipoint' && (
            <>
              <h2>{t.numbers}</h2>
              <p className={classes.text}>{t.numbersText}</p>
              <div className={classes.three}>
                <TextInput
                  label={t.base}
                  description={t.baseHint}
                  inputMode="tel"
                  value={base}
                  error={faults[BASE]}
                  {...input(setBase)}
                />
                <TextInput
                  label={t.from}
                  description={t.fromHint}
                  inputMode="tel"
                  value={from}
                  error={faults[FROM]}
                  {...input(setFrom)}
                />
                <TextInput
                  label={t.to}
                  description={t.toHint}
                  inputMode="tel"
                  value={to}
                  error={faults[TO] ?? faults.numbering}
                  {...input(setTo)}
                />
              </div>
            </>
          )}
        </>
      )}
    </Step>
  );
}
