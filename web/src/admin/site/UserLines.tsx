/** Which lines are a user's, and why. */
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Stored, UserObject } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import { PlainTable } from '../PlainTable';
import type { UserLines } from '../../generated/site';
import { urlOfObject, useAnswer } from './objects';
import { inLanguage } from './rights';
import classes from './site.module.css';

export function UserLinesList({ user }: { user: Stored<UserObject> }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  // What was saved may lead to other lines.
  const { value, failure } = useAnswer<UserLines>(`${urlOfObject('users', user.id)}/lines`, user.object);
  const t = texts.admin.site.user.bound;
  return (
    <div className={classes.bound}>
      <h3>{t.title}</h3>
      <p className={classes.text}>{t.text}</p>
      {value === null ? (
        <p className={classes.plain}>{failure === null ? texts.signIn.loading : t.lost(reason(failure))}</p>
      ) : value.lines.length === 0 ? (
        <p className={classes.plain}>{t.none}</p>
      ) : (
        <PlainTable
          label={t.title}
          folding
          columns={[t.line, t.place, t.why, t.owner]}
          rows={value.lines.map(({ line, by, place, owner }) => ({
            key: `${line.group}/${line.number}`,
            cells: [`${line.number} (${line.group})`, t.places[place], t.by[by], owner ? t.own : t.shared],
          }))}
        />
      )}
      {value?.loose.map(({ pointer, line, ...said }) => (
        <p key={`${pointer} ${line}`} className={classes.warning}>
          <IconAlertTriangle size={18} aria-hidden />
          <span>{t.loose(line, inLanguage(said, language))}</span>
        </p>
      ))}
    </div>
  );
}
