/** The countries that a location can be in, and the kinds of numbers that it can have. */
import type { Numbering } from '../../generated/site';
import { callingCodes } from '../../generated/siteTables';
import type { Language } from '../../i18n';

const names = new Map<Language, Intl.DisplayNames>();

/** What a country is called. */
export function countryName(code: string, language: Language): string {
  const known = names.get(language) ?? new Intl.DisplayNames(language, { type: 'region' });
  names.set(language, known);
  try {
    return known.of(code) ?? code;
  } catch {
    // Not two letters.
    return code;
  }
}

/** All countries with their calling codes, in the order of their names. */
export function countries(language: Language): { value: string; label: string }[] {
  const all = Object.entries(callingCodes).map(([code, calling]) => ({
    value: code,
    label: `${countryName(code, language)} (+${calling})`,
  }));
  return all.sort((one, other) => one.label.localeCompare(other.label, language));
}

/** The country that somebody is most probably in, by the languages of the browser: de-AT is in Austria, de in Germany. */
export function probableCountry(languages: readonly string[]): string {
  const regions = languages.map((language) => {
    try {
      return new Intl.Locale(language).maximize().region;
    } catch {
      return undefined;
    }
  });
  return regions.find((region) => region !== undefined && Object.hasOwn(callingCodes, region)) ?? '';
}

/** The same lengths, with the numbers of the other kind of connection: those that were there before, or none. */
export function numberingOf(kind: Numbering['kind'], { shortest, longest }: Numbering, before?: Numbering): Numbering {
  if (before?.kind === kind) return { ...before, shortest, longest };
  return kind === 'trunk'
    ? { kind, base_number: '', ranges: [], prefixes: null, shortest, longest }
    : { kind, numbers: [], shortest, longest };
}

/** The numbers of a connection, shortly. */
export function numbersOf(numbering: Numbering): string {
  if (numbering.kind === 'multipoint') return numbering.numbers.map(({ number }) => number).join(', ');
  const { base_number: base, ranges, prefixes } = numbering;
  const extensions = (prefixes ? [prefixes] : ranges).map(({ from, to }) => (from === to ? from : `${from}–${to}`));
  return [base, extensions.join(', ')].filter(Boolean).join(' ');
}
