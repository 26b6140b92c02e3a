/** What one user may do to another, and why. */
import { NativeSelect } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import type { Right } from '../../generated/site';
import { sections } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import { PageHead } from '../PageHead';
import { choose } from '../route';
import type { ExplainedDecision, RightsOnUser } from '../../generated/site';
import { Matrix } from './Matrix';
import { useTitles } from './names';
import { urlOfObject, useAnswer } from './objects';
import { ObjectPicker } from './ObjectPicker';
import { inLanguage, rightName, SECTIONS } from './rights';
import classes from './site.module.css';

const FIRST: Right = 'see_presence';

export function Rights({ chosen }: { chosen: URLSearchParams }) {
  const { texts, language } = useTranslation();
  const by = chosen.get('by');
  const of = chosen.get('of');
  const right =
    SECTIONS.flatMap(({ rights }) => rights).find((each) => each.right === chosen.get('right'))?.right ?? FIRST;
  const t = texts.admin.site.rights;
  const set = (name: string, value: string | null) => {
    const now = new URLSearchParams(chosen);
    if (value === null) now.delete(name);
    else now.set(name, value);
    choose(now);
  };
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <section className={`card ${classes.section} ${classes.asking}`} aria-label={t.title}>
        <div className={classes.three}>
          <ObjectPicker kind="users" label={t.by} value={by} onChange={(id) => set('by', id)} />
          <NativeSelect
            label={t.right}
            value={right}
            onChange={({ currentTarget }) => set('right', currentTarget.value)}
            data={SECTIONS.map(({ section, rights }) => ({
              group: inLanguage(sections[section], language),
              items: rights.map((each) => ({ value: each.right, label: inLanguage(each, language) })),
            }))}
          />
          <ObjectPicker kind="users" label={t.of} value={of} onChange={(id) => set('of', id)} />
        </div>
        {by === null || of === null ? (
          <p className={classes.plain}>{t.choose}</p>
        ) : (
          <Answer key={`${by} ${of} ${right}`} by={by} of={of} right={right} />
        )}
      </section>
      {by !== null && of !== null && <Everything key={`${by} ${of}`} by={by} of={of} />}
    </>
  );
}

interface AnswerProps {
  by: string;
  of: string;
  right: Right;
}

/** Whether it is allowed, with everything that allows it. */
function Answer({ by, of, right }: AnswerProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const query = new URLSearchParams({ by, right, of });
  const { value, failure } = useAnswer<ExplainedDecision>(`/api/v1/admin/rights/may?${query.toString()}`);
  const title = useTitles('users', [by, of]);
  const t = texts.admin.site.rights;
  if (value === null) {
    return (
      <p className={classes.plain} role="status">
        {failure === null ? texts.signIn.loading : t.lost(reason(failure))}
      </p>
    );
  }
  const Sign = value.allowed ? IconCircleCheck : IconCircleX;
  const what = rightName(right, language);
  return (
    <div className={classes.answer} data-allowed={value.allowed} role="status">
      <Sign size={26} aria-hidden />
      <div>
        <b>{value.allowed ? t.may(title(by), title(of), what) : t.mayNot(title(by), title(of), what)}</b>
        {value.because.length > 0 && (
          <ul>
            {value.because.map((each) => (
              <li key={each.english}>{inLanguage(each, language)}</li>
            ))}
          </ul>
        )}
        {value.because.length > 1 && <p>{t.each}</p>}
        {value.denied && <p>{inLanguage(value.denied, language)}</p>}
      </div>
    </div>
  );
}

/** Every right that one has on the other. */
function Everything({ by, of }: Omit<AnswerProps, 'right'>) {
  const { texts, language, number } = useTranslation();
  const reason = useReason();
  const { value, failure } = useAnswer<RightsOnUser>(
    `${urlOfObject('users', of)}/rights?${new URLSearchParams({ by }).toString()}`,
  );
  const title = useTitles('users', [by, of]);
  const t = texts.admin.site.rights;
  const heading = t.all(title(by), title(of));
  const decisions = new Map(value?.rights.map(({ right, decision }) => [right, decision]));
  const granted = new Set([...decisions].filter(([, { allowed }]) => allowed).map(([right]) => right));
  return (
    <section className={`card ${classes.section}`} aria-label={heading}>
      <h2>{heading}</h2>
      {value === null ? (
        <p className={classes.plain}>{failure === null ? texts.signIn.loading : t.lost(reason(failure))}</p>
      ) : (
        <>
          <p className={classes.text}>{t.counted(number(granted.size), number(decisions.size))}</p>
          <Matrix
            label={heading}
            granted={granted}
            notes={(right) =>
              decisions
                .get(right)
                ?.because.map((each) => inLanguage(each, language))
                .join('; ')
            }
          />
        </>
      )}
    </section>
  );
}
