/** What two people made of the same object. Lists count as one value. Pure. */

/** Whether two values are the same in JSON. */
export function same(one: unknown, other: unknown): boolean {
  if (isObject(one) && isObject(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => same(one[key], other[key]));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => same(each, other[at]));
  }
  return one === other;
}

/** Fields by their pointers: what is below one is a part of its value, and never mixed. */
export type Fields = Readonly<Record<string, unknown>>;

/** A field that somebody else has changed. */
export interface Difference {
  /** Where it is (RFC 6901). */
  pointer: string;
  before: unknown;
  mine: unknown;
  theirs: unknown;
}

/** What the others have changed since both began. */
export function differences(
  before: unknown,
  mine: unknown,
  theirs: unknown,
  fields: Fields = {},
  pointer = '',
): Difference[] {
  if (isObject(before) && isObject(theirs) && !Object.hasOwn(fields, pointer)) {
    const own = isObject(mine) ? mine : {};
    return [...new Set([...Object.keys(before), ...Object.keys(theirs)])].flatMap((key) =>
      differences(before[key], own[key], theirs[key], fields, `${pointer}/${escaped(key)}`),
    );
  }
  return same(before, theirs) ? [] : [{ pointer, before, mine, theirs }];
}

/** Theirs, with what was changed in mine in its place. */
export function merged<T>(before: T, mine: T, theirs: T, fields: Fields = {}): T {
  return either(before, mine, theirs, fields, '') as T;
}

function either(before: unknown, mine: unknown, theirs: unknown, fields: Fields, pointer: string): unknown {
  if (same(before, mine)) return theirs;
  if (!isObject(before) || !isObject(mine) || !isObject(theirs) || Object.hasOwn(fields, pointer)) return mine;
  const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)]);
  const all = [...keys].map(
    (key) => [key, either(before[key], mine[key], theirs[key], fields, `${pointer}/${escaped(key)}`)] as const,
  );
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field that a pointer leads to, or into; null: none of these. A field of each entry of a list has an asterisk for the entry. */
export function fieldOf(pointer: string, fields: Fields): string | null {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    if (Object.hasOwn(fields, at) || Object.hasOwn(fields, at.replace(/\/\d+(?=\/|$)/g, '/*'))) return at;
  }
  return null;
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** A JSON pointer as the path that the form knows. */
export const pathOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
