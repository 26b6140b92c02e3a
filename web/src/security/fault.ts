/** Why something did not work, in a sentence: what is wrong with a field first. */
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import { Problem } from '../protocol/http';
import { useReason } from '../admin/announce';

export function useFault(): (error: unknown) => string {
  const { language } = useTranslation();
  const reason = useReason();
  return (error) => {
    const [first] = error instanceof Problem ? error.errors : [];
    return first ? faultSentence(first, language) : reason(error);
  };
}
