/** What objects are called that others name by their ids. */
import { useEffect, useReducer } from 'react';
import type { Stored } from '../../generated/site';
import { readStored, urlOfObject, type Objects, type Plural } from './objects';

/** Objects that are asked for at once; of more their ids must do. */
const AT_ONCE = 100;

const known = new Map<string, string>();
const asked = new Map<string, Promise<void>>();
const keyOf = (kind: Plural, id: string) => `${kind}/${id}`;

/** What a person reads of an object. */
export function titleOf(object: Objects[Plural]): string {
  if ('login' in object) return object.display_name || object.login;
  if ('number' in object) return object.number || object.user_name;
  return object.name;
}

/** Notes what objects are called that came with a list, so that nobody asks for each. */
export function remember<K extends Plural>(kind: K, objects: readonly Stored<Objects[K]>[]): void {
  for (const { id, object } of objects) known.set(keyOf(kind, id), titleOf(object));
}

/** Forgets everything, so that who signs in next finds nothing of who was here before. */
export function forgetNames(): void {
  known.clear();
  asked.clear();
}

/** What an object is called, as far as that is known by now; otherwise its id. */
export const titleBy = (kind: Plural, id: string) => known.get(keyOf(kind, id)) ?? id;

/** What an object of any of these kinds is called, as far as that is known by now; otherwise its id. */
export const knownTitle = (id: string) =>
  known.get(keyOf('users', id)) ??
  known.get(keyOf('groups', id)) ??
  known.get(keyOf('profiles', id)) ??
  known.get(keyOf('line_groups', id)) ??
  known.get(keyOf('locations', id)) ??
  id;

function ask(kind: Plural, id: string): Promise<void> {
  const key = keyOf(kind, id);
  const before = asked.get(key);
  if (before) return before;
  const now = readStored<Objects[Plural]>(urlOfObject(kind, id)).then(
    ({ value }) => void known.set(key, titleOf(value.object)),
    // It may be there later; until then its id stands for it.
    () => void asked.delete(key),
  );
  asked.set(key, now);
  return now;
}

/** Tells what objects are called; the id itself while that is not known. */
export function useTitles(kind: Plural, ids: readonly string[]): (id: string) => string {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const wanted = ids.join(' ');
  useEffect(() => {
    let over = false;
    const missing = ids.filter((id) => !known.has(keyOf(kind, id))).slice(0, AT_ONCE);
    if (missing.length > 0) void Promise.all(missing.map((id) => ask(kind, id))).then(() => over || redraw());
    return () => void (over = true);
  }, [kind, wanted]);
  return (id) => titleBy(kind, id);
}
