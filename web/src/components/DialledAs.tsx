/** Says how what is being typed would be dialled. */
import type { AfterAnswer, Preview } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import classes from './DialledAs.module.css';
import { usePreview, type Typed } from './preview';

export interface DialledAsProps extends Typed {
  /** Beside a field of a form, rather than beneath a large number. */
  form?: boolean;
}

/** Two rows, whether there is something to say or not: nothing moves while somebody types. None without a location. */
export function DialledAs({ form = false, ...typed }: DialledAsProps) {
  const { texts, sentence, language } = useTranslation();
  const answer = usePreview(typed);
  if (!typed.line?.dialling) return null;
  const preview = answer?.preview;
  const whose = preview?.owner ?? preview?.place?.[language === 'de' ? 'german' : 'english'];
  return (
    <div className={classes.dialled} data-form={form || undefined} aria-live="polite" aria-atomic>
      {preview ? (
        <>
          <p className={classes.whom}>
            <span className="numbers">{preview.shown}</span>
            {whose !== undefined && SEPARATOR + whose}
          </p>
          <p>{wayOf(preview, AS_TYPED.test(typed.number), texts)}</p>
        </>
      ) : (
        answer && <p>{sentence(answer.cause.code)}</p>
      )}
    </div>
  );
}

/** Stays with what it follows where the text is broken. */
const SEPARATOR = '\u00a0· ';

/** What begins like this goes to the PBX as it is typed, and nobody knows which way it leads. */
const AS_TYPED = /^\s*!/;

/** Where it leads, and what the PBX gets. */
function wayOf(preview: Preview, asTyped: boolean, texts: Texts): string {
  const { destination, private: isPrivate, dialled, access_code: access, then } = preview;
  const parts = [
    asTyped && destination !== 'emergency' ? '' : texts.preview.destination[destination],
    isPrivate ? texts.preview.private : '',
    texts.preview.dials(access === '' ? dialled : `${access} ${dialled.slice(access.length)}`),
    ...then.map((after) => afterText(after, texts)),
  ];
  return parts.filter((part) => part !== '').join(SEPARATOR);
}

function afterText(after: AfterAnswer, texts: Texts): string {
  return 'pause' in after ? texts.preview.pause(after.pause / 1000) : texts.preview.digits(after.digits);
}
