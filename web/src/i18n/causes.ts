/** The sentences of the one table of causes, and of that of what is wrong with objects. */
import { causes } from '../generated/causes';
import { problems } from '../generated/siteTables';
import type { FieldError } from '../protocol/http';
import type { Language } from './numbers';

type Table = Partial<Record<string, { english: string; german: string }>>;

/** The sentence for a cause or problem; null for what is none, one of a newer server, or one with values in it. */
export function causeSentence(code: string, language: Language): string | null {
  const found = look(causes, code) ?? look(problems, code);
  const said = found && (language === 'de' ? found.german : found.english);
  return said && !said.includes('{}') ? said : null;
}

/** What is wrong with a field. The server's own words have the values that belong into the sentence. */
export function faultSentence({ code, detail, german }: FieldError, language: Language): string {
  if (language === 'de' && german) return german;
  return (code && causeSentence(code, language)) || detail;
}

const look = (table: Table, code: string) => (Object.hasOwn(table, code) ? table[code] : undefined);
