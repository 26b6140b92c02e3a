/** What a change of an object was, field by field. Pure. */
import { differences, same, type Fields } from '../parts/merge';

export interface FieldChange {
  /** Where it is (RFC 6901). */
  pointer: string;
  before: unknown;
  after: unknown;
  /** Of a list: how many are in both, which are left out of the other two; 0 for all that are no lists. */
  kept: number;
}

/** The fields that differ. Of an object that was made or deleted, those that have anything in them. */
export function changesOf(before: unknown, after: unknown, fields: Fields): FieldChange[] {
  const from = isObject(before) ? before : emptied(after, fields);
  const to = isObject(after) ? after : emptied(before, fields);
  return differences(from, to, to, fields)
    .filter((change) => !(isEmpty(change.before) && isEmpty(change.theirs)))
    .map(({ pointer, before: old, theirs }) => ({ pointer, ...lessKept(old, theirs) }));
}

/** Of two lists only what is not in the other: who has looked through 200 names knows less than before. */
function lessKept(before: unknown, after: unknown): Omit<FieldChange, 'pointer'> {
  // The server tells of long lists what differs only.
  if (isPart(before) && isPart(after)) return { before: before.list, after: after.list, kept: after.in_both };
  if (!Array.isArray(before) || !Array.isArray(after)) return { before, after, kept: 0 };
  const lacking = (those: unknown[], others: unknown[]) => {
    const texts = new Set(others.map((each) => JSON.stringify(each)));
    return those.filter((each) => !texts.has(JSON.stringify(each)));
  };
  const [gone, come] = [lacking(before, after), lacking(after, before)];
  // In another order, or with others twice.
  if (same(gone, come)) return { before, after, kept: 0 };
  return { before: gone, after: come, kept: after.length - come.length };
}

function isPart(value: unknown): value is { in_both: number; list: unknown[] } {
  return isObject(value) && typeof value.in_both === 'number' && Array.isArray(value.list);
}

/** The same shape with nothing in it, so that all that is in the other differs. */
function emptied(value: unknown, fields: Fields, pointer = ''): Record<string, unknown> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const at = `${pointer}/${key}`;
      return [key, isObject(part) && !Object.hasOwn(fields, at) ? emptied(part, fields, at) : null];
    }),
  );
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
