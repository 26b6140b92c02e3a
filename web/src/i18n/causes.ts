/** The sentences of the one table of causes. */
import { causes } from '../generated/causes';
import type { Language } from './numbers';

const table: Partial<Record<string, { english: string; german: string }>> = causes;

/** The sentence for a cause; null for what is none, or one of a newer server. */
export function causeSentence(code: string, language: Language): string | null {
  const found = Object.hasOwn(table, code) ? table[code] : undefined;
  return found ? (language === 'de' ? found.german : found.english) : null;
}
