/** The app's language: the browser's own at first, then the one chosen. */
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import type { CauseCode } from '../generated/protocol';
import { settled, usePresets } from '../presets';
import { causeSentence } from './causes';
import { de } from './de';
import { en, type Texts } from './en';
import { formatNumber, type Language } from './numbers';

export type { Language } from './numbers';

interface Translation {
  language: Language;
  texts: Texts;
  setLanguage: (language: Language) => void;
  /** The sentence for a cause. */
  sentence: (code: CauseCode) => string;
  /** A number with at most so many digits behind its decimal separator, and at least so many. */
  number: (value: number, most?: number, least?: number) => string;
}

const KEY = 'offhook.language';
/** Those that there are. */
export const LANGUAGES: readonly Language[] = ['en', 'de'];
const texts: Record<Language, Texts> = { en, de };
const Context = createContext<Translation | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [own, choose] = useState(ownLanguage);
  usePresets();
  const language = settled('language', LANGUAGES, own, browserLanguage());
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value: Translation = {
    language,
    texts: texts[language],
    setLanguage(chosen) {
      choose(chosen);
      try {
        localStorage.setItem(KEY, chosen);
      } catch {
        // Private windows may refuse storage; the choice then lasts as long as the page.
      }
    },
    // A newer server may know more causes than this page.
    sentence: (code) => causeSentence(code, language) ?? causeSentence('internal', language) ?? code,
    number: (value, most, least) => formatNumber(value, language, most, least),
  };
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useTranslation(): Translation {
  const value = useContext(Context);
  if (!value) throw new Error('useTranslation needs a LanguageProvider');
  return value;
}

/** What the person has chosen here. */
function ownLanguage(): Language | null {
  try {
    const stored = localStorage.getItem(KEY);
    return LANGUAGES.find((language) => language === stored) ?? null;
  } catch {
    // See setLanguage.
    return null;
  }
}

function browserLanguage(): Language {
  const first = navigator.languages.find((tag) => /^(en|de)\b/i.test(tag));
  return first?.toLowerCase().startsWith('de') ? 'de' : 'en';
}
