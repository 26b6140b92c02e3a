/** What a change of an object was, field by field. Pure. */
import { differences } from '../parts/merge';

export interface FieldChange {
  /** Where it is (RFC 6901). */
  pointer: string;
  before: unknown;
  after: unknown;
}

/** The fields that differ. Of an object that was made or deleted, those that have anything in them. */
export function changesOf(before: unknown, after: unknown): FieldChange[] {
  if (!isObject(before) && !isObject(after)) return [];
  const from = isObject(before) ? before : emptied(after);
  const to = isObject(after) ? after : emptied(before);
  return differences(from, to, to)
    .map(({ pointer, before: old, theirs }) => ({ pointer, before: old, after: theirs }))
    .filter((change) => !(isEmpty(change.before) && isEmpty(change.after)));
}

/** The same shape with nothing in it, so that all that is in the other differs. */
function emptied(value: unknown): Record<string, unknown> {
  if (!isObject(value)) return {};
  // A grant is one value, whatever it is made of.
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, isObject(part) && !('level' in part) ? emptied(part) : null]),
  );
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
