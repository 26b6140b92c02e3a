/** What of an object was changed, or would be. */
import { useTranslation } from '../../i18n';
import { fieldOf } from '../parts/merge';
import { PlainTable } from '../PlainTable';
import { changesOf } from './audit';
import { useTitles } from './names';
import { inWords, labelsOf } from './words';
import classes from './site.module.css';

/** An object before and after. */
export interface Changed {
  kind: string;
  before: unknown;
  after: unknown;
}

/** Each field before and after. */
export function Changes({ of: { kind, before, after } }: { of: Changed }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site;
  const { empty, yes, no } = texts.admin.parts.conflict;
  const labels = labelsOf(kind, texts.admin);
  const changes = changesOf(before, after, labels);
  const users = useTitles('users', idsIn(changes, ['/members', '/leader', '/deputy', '/grants']));
  const groups = useTitles('groups', idsIn(changes, ['/monitor_groups']));
  const profiles = useTitles('profiles', idsIn(changes, ['/profile']));
  const said = (pointer: string, value: unknown): string => {
    const title = pointer === '/monitor_groups' ? groups : pointer === '/profile' ? profiles : users;
    const words = inWords(pointer, value, language, t, title);
    if (words) return words;
    if (value === null || value === undefined || value === '') return empty;
    if (typeof value === 'boolean') return value ? yes : no;
    if (Array.isArray(value)) return value.length === 0 ? empty : value.map((each) => said('', each)).join(', ');
    return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
  };
  return (
    <div className={classes.changes}>
      <PlainTable
        label={t.audit.changes}
        folding
        columns={[t.audit.field, t.audit.before, t.audit.after]}
        rows={changes.map(({ pointer, kept, ...change }) => {
          const field = fieldOf(pointer, labels);
          return {
            key: pointer,
            cells: [
              <b key="field">{field === null ? pointer.slice(1).replaceAll('/', ' › ') : labels[field]}</b>,
              said(pointer, change.before),
              kept > 0 ? `${said(pointer, change.after)} (${t.audit.kept(kept)})` : said(pointer, change.after),
            ],
          };
        })}
      />
    </div>
  );
}

/** Ids of other objects in changed fields. */
function idsIn(changes: ReturnType<typeof changesOf>, pointers: readonly string[]): string[] {
  const found = changes
    .filter(({ pointer }) => pointers.includes(pointer))
    .flatMap(({ before, after }) => [before, after].flat())
    .flatMap((value) => {
      if (typeof value === 'string') return [value];
      const { to, group } = (value ?? {}) as { to?: string; group?: string };
      return to ?? group ?? [];
    });
  return [...new Set(found)];
}
