/** All rights as a table: which level gives them, and which are given here. */
import { Fragment, type ReactNode } from 'react';
import type { Right } from '../../generated/site';
import { levels, sections } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import classes from './Matrix.module.css';
import { gives, GIVING, inLanguage, SECTIONS } from './rights';

export interface MatrixProps {
  label: string;
  granted: ReadonlySet<Right>;
  /** Left out: it is only shown. */
  onChange?: (granted: ReadonlySet<Right>) => void;
  /** What is said of each right, in place of which level gives it. */
  notes?: (right: Right) => ReactNode;
}

export function Matrix({ label, granted, onChange, notes }: MatrixProps) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.matrix;
  const columns = notes ? 3 : 2 + GIVING.length;
  const put = (these: readonly Right[], on: boolean) => {
    const now = new Set(granted);
    for (const right of these)
      if (on) now.add(right);
      else now.delete(right);
    onChange?.(now);
  };
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.matrix} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t.right}</th>
            <th scope="col" className={classes.mark}>
              {t.granted}
            </th>
            {notes ? (
              <th scope="col">{t.because}</th>
            ) : (
              GIVING.map((level) => (
                <th key={level} scope="col" className={`${classes.mark} ${classes.level}`}>
                  {inLanguage(levels[level], language)}
                </th>
              ))
            )}
          </tr>
        </thead>
        {SECTIONS.map(({ section, rights }) => {
          const name = inLanguage(sections[section], language);
          const all = rights.every(({ right }) => granted.has(right));
          const some = rights.some(({ right }) => granted.has(right));
          return (
            <tbody key={section}>
              <tr>
                <th scope="rowgroup" colSpan={onChange ? 1 : columns}>
                  {name}
                </th>
                {onChange && (
                  <>
                    <td className={classes.mark}>
                      <input
                        type="checkbox"
                        aria-label={t.allOf(name)}
                        checked={all}
                        ref={(box) => void (box && (box.indeterminate = some && !all))}
                        onChange={() =>
                          put(
                            rights.map(({ right }) => right),
                            !all,
                          )
                        }
                      />
                    </td>
                    <td colSpan={columns - 2} className={classes.level} />
                  </>
                )}
              </tr>
              {rights.map((each) => {
                const { right } = each;
                const said = inLanguage(each, language);
                const has = granted.has(right);
                return (
                  <tr key={right} data-granted={has || undefined}>
                    <th scope="row">{said}</th>
                    <td className={classes.mark}>
                      {onChange ? (
                        <input
                          type="checkbox"
                          aria-label={`${name}: ${said}`}
                          checked={has}
                          onChange={() => put([right], !has)}
                        />
                      ) : (
                        <Mark on={has} />
                      )}
                    </td>
                    {notes ? (
                      <td className={classes.note}>{notes(right)}</td>
                    ) : (
                      GIVING.map((level) => (
                        <td key={level} className={`${classes.mark} ${classes.level}`}>
                          <Mark on={gives(level, right)} />
                        </td>
                      ))
                    )}
                  </tr>
                );
              })}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

function Mark({ on }: { on: boolean }): ReactNode {
  const { texts } = useTranslation();
  const { yes, no } = texts.admin.parts.conflict;
  return (
    <Fragment>
      <span aria-hidden>{on ? '✓' : '–'}</span>
      <span className={classes.hidden}>{on ? yes : no}</span>
    </Fragment>
  );
}
