/** Numbers as a language writes them, and sentences by the number that is in them. */

export type Language = 'en' | 'de';

/** A sentence for each grammatical number that our languages have; `#` stands for the number itself. */
export type Forms = Record<Extract<Intl.LDMLPluralRule, 'one' | 'other'>, string>;

const formats = new Map<string, Intl.NumberFormat>();

/** A number with at most so many digits behind its decimal separator, and at least so many. */
export function formatNumber(value: number, language: string, most = 0, least = 0): string {
  const key = `${language} ${most} ${least}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, { maximumFractionDigits: most, minimumFractionDigits: least });
    formats.set(key, format);
  }
  return format.format(value);
}

/** Chooses a sentence by its number (CLDR's cardinal rules). */
export function counter(language: Language): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  return (count, { one, other }) =>
    (rules.select(count) === 'one' ? one : other).replace('#', formatNumber(count, language));
}
