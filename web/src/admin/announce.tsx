/** Tells the person at the page how something went that they asked for. */
import { createContext, useContext } from 'react';
import { useTranslation } from '../i18n';
import { causeSentence } from '../i18n/causes';
import { Problem, Refusal } from '../protocol/http';

export const Announce = createContext<(text: string, failed: boolean) => void>(() => {});

/** Why something did not work, in a sentence. */
export function useReason(): (error: unknown) => string {
  const { sentence, language } = useTranslation();
  return (error) => {
    if (!(error instanceof Refusal)) return sentence('internal');
    // A newer server's own words are better than none.
    if (error instanceof Problem && causeSentence(error.code, language) === null) return error.message;
    return sentence(error.code);
  };
}

/** Does something and tells how it went; false where it failed. */
export function useAttempt(): (what: () => Promise<void>, done: string) => Promise<boolean> {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  return async (what, done) => {
    try {
      await what();
      announce(done, false);
      return true;
    } catch (error) {
      announce(texts.admin.captures.failed(reason(error)), true);
      return false;
    }
  };
}
