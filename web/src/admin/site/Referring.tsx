/** What refers to an object, and lets go of it when it is deleted. */
import type { Reference, References } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { fieldOf } from '../parts/merge';
import classes from './site.module.css';
import { labelsOf } from './words';

/** Objects that are named; of the others it is said how many they are. */
const NAMED = 12;

export function Referring({ references, total }: References) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site;
  const objects = new Map<string, Reference[]>();
  for (const each of references) {
    const key = `${each.kind} ${each.id}`;
    objects.set(key, [...(objects.get(key) ?? []), each]);
  }
  if (objects.size === 0) return null;
  const all = [...objects.values()];
  // Of those that the server does not name it is not known how many belong to one object.
  const more = total > references.length ? total - references.length : 0;
  const rest = all.length - NAMED;
  return (
    <>
      <p>{t.referring}</p>
      <ul className={classes.referring}>
        {all.slice(0, NAMED).map(([first, ...others]) => {
          if (!first) return null;
          const { kind, id, title } = first;
          const labels = labelsOf(kind, texts.admin);
          const fields = [first, ...others].map(({ pointer }) => labels[fieldOf(pointer, labels) ?? ''] ?? pointer);
          const sort = t.audit.kinds[kind];
          return (
            <li key={`${kind} ${id}`}>
              {sort} {title !== '' && <b>{title}</b>}: {new Intl.ListFormat(language).format(new Set(fields))}
            </li>
          );
        })}
        {rest + more > 0 && <li>{t.referringMore(Math.max(rest, 0) + more)}</li>}
      </ul>
    </>
  );
}
