/** Objects of the site on the server: users, groups and the like. */
import { useEffect, useState } from 'react';
import type {
  AdministratorObject,
  CertificateObject,
  ComputerObject,
  GroupObject,
  InterfaceObject,
  LineGroupObject,
  LineObject,
  LocationObject,
  ProfileObject,
  SettingsObject,
  Stored,
  TokenObject,
  UserObject,
} from '../../generated/site';
import { get, request } from '../../protocol/http';
import {
  Creation,
  list,
  read,
  remove,
  replace,
  sent,
  urlOf,
  type ListQuery,
  type Page,
  type Tagged,
} from '../parts/rest';

/** Each kind that has a list, by its part of the address. */
export interface Objects {
  users: UserObject;
  groups: GroupObject;
  computers: ComputerObject;
  profiles: ProfileObject;
  administrators: AdministratorObject;
  interfaces: InterfaceObject;
  certificates: CertificateObject;
  line_groups: LineGroupObject;
  lines: LineObject;
  locations: LocationObject;
  tokens: TokenObject;
}

export type Plural = keyof Objects;

/** Objects of a page of a list. */
const PAGE = 100;
/** Objects of a page where all are wanted; the server gives no more at once. */
const MOST = 500;

const BASE = '/api/v1/admin';
export const SETTINGS = `${BASE}/settings`;
export const ANY: ListQuery = { search: '', sort: null, direction: 'ascending' };

export const urlOfObject = (kind: Plural, id: string) => urlOf(`${BASE}/${kind}`, id);

/** An object of a list, with the version of its picture where it has one. */
export type ListedObject<T> = Stored<T> & { picture?: number };

export async function listOf<K extends Plural>(kind: K, query: ListQuery, cursor: string | null, limit = PAGE) {
  const page = await list<ListedObject<Objects[K]>>(`${BASE}/${kind}`, query, limit, cursor);
  const { pictures = {} } = page;
  return { ...page, items: page.items.map((item) => ({ ...item, picture: pictures[item.id] })) };
}

/** Where a user's picture is. */
export const pictureUrl = (id: string) => `${urlOfObject('users', id)}/picture`;

/** All objects of a kind that match. */
export async function allOf<K extends Plural>(kind: K, filter?: ListQuery['filter']): Promise<Stored<Objects[K]>[]> {
  const all: Stored<Objects[K]>[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Stored<Objects[K]>> = await listOf(kind, { ...ANY, filter }, cursor, MOST);
    all.push(...page.items);
    cursor = page.items.length === 0 ? null : page.next;
  } while (cursor !== null);
  return all;
}

/** An object as it is stored, and its version. */
export const readStored = <T>(url: string): Promise<Tagged<Stored<T>>> => read<Stored<T>>(url);

/** What of an object can be changed. */
export const bodyOf = <T>({ value, tag }: Tagged<Stored<T>>): Tagged<T> => ({ value: value.object, tag });

/** Puts an object in place of the version that is known. The answer is what is stored, or nothing: what was sent. */
export async function replaceBody<T extends object>(url: string, changed: Tagged<T>): Promise<Tagged<T>> {
  const { value, tag } = await replace<T | Stored<T>>(url, changed);
  return { value: 'from_file' in value ? value.object : value, tag };
}

/** Makes objects of a kind. */
export class Maker<K extends Plural> {
  readonly #creation: Creation<Objects[K] | Stored<Objects[K]>>;

  constructor(kind: K) {
    this.#creation = new Creation(`${BASE}/${kind}`);
  }

  async make(body: Objects[K]): Promise<Tagged<Stored<Objects[K]>>> {
    return (await this.#creation.send(body)) as Tagged<Stored<Objects[K]>>;
  }
}

export const deleteObject = (kind: Plural, id: string, tag: string) => remove(urlOfObject(kind, id), tag);

/** Deletes a line group with its lines. */
export const deleteLineGroup = (id: string, tag: string) => remove(`${urlOfObject('line_groups', id)}?lines=true`, tag);

/** Values of lists, by the names of the fields. */
type Items = Record<string, readonly string[]>;

/** Does the same to many objects: all or nothing. */
export async function bulk(
  kind: Plural,
  ids: readonly string[],
  change: { patch: object } | { add?: Items; remove?: Items } | { delete: true },
): Promise<void> {
  await request(`${BASE}/${kind}/bulk`, { method: 'POST', ...sent({ ids, ...change }) });
}

/** Kinds that have a password. */
export type Secretive = 'users' | 'administrators' | 'line_groups' | 'lines';

/** Sets a password; it is never told again. */
export async function setPassword(kind: Secretive, id: string, password: string): Promise<void> {
  await request(`${urlOfObject(kind, id)}/password`, { method: 'PUT', ...sent({ password }) });
}

/** The settings; null while they are not known. */
export function useSettings(): SettingsObject | null {
  return useAnswer<Stored<SettingsObject>>(SETTINGS).value?.object ?? null;
}

/** All objects of a kind that match; null while they are not known. */
export function useAll<K extends Plural>(kind: K, filter?: ListQuery['filter']) {
  const key = JSON.stringify(filter ?? {});
  return useLoaded<Stored<Objects[K]>[]>(`${kind} ${key}`, () => allOf(kind, filter));
}

/** What an address answers; null while it is not known. Asked again where `since` is another. */
export const useAnswer = <T>(url: string | null, since?: unknown) => useLoaded<T>(url, () => get<T>(url ?? ''), since);

export interface Loaded<T> {
  value: T | null;
  failure: unknown;
  again: () => void;
}

/** Loads what the key stands for; a null key loads nothing. */
export function useLoaded<T>(key: string | null, load: () => Promise<T>, since?: unknown): Loaded<T> {
  const [state, set] = useState<{ key: string | null; value: T | null; failure: unknown }>({
    key,
    value: null,
    failure: null,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    if (key !== null) {
      load().then(
        (value) => over || set({ key, value, failure: null }),
        (failure: unknown) => over || set({ key, value: null, failure }),
      );
    }
    return () => void (over = true);
  }, [key, turn, since]);
  // What was loaded for another key is not shown for this one.
  const { value, failure } = state.key === key ? state : { value: null, failure: null };
  return { value, failure, again: () => setTurn((before) => before + 1) };
}
