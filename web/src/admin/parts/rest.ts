/** Objects of the server: lists in pages, and single ones that nobody overwrites unseen. */
import { get, parsed, Problem, Refusal, request, type Answer } from '../../protocol/http';

/** A page of a list. */
export interface Page<T> {
  items: T[];
  /** Where the next page begins; null: this is the last. */
  next: string | null;
  /** How many match in all. */
  total: number;
  /** Versions of the pictures of those that have one, by their ids. */
  pictures?: Readonly<Record<string, number>>;
}

/** What is looked for. */
export interface ListQuery {
  search: string;
  /** The property it is sorted by; null: the server's own order. */
  sort: string | null;
  direction: 'ascending' | 'descending';
  /** Only objects with these properties: `active`, `group`. */
  filter?: Readonly<Record<string, string>>;
}

/** An object, and the version that this is of it (RFC 9110 8.8.3). */
export interface Tagged<T> {
  value: T;
  tag: string;
}

export function listUrl(
  base: string,
  { search, sort, direction, filter = {} }: ListQuery,
  limit: number,
  cursor: string | null,
) {
  const query = new URLSearchParams();
  if (search.trim() !== '') query.set('search', search.trim());
  if (sort !== null) {
    query.set('sort', sort);
    query.set('direction', direction);
  }
  for (const [name, value] of Object.entries(filter)) query.set(name, value);
  query.set('limit', String(limit));
  if (cursor !== null) query.set('cursor', cursor);
  return `${base}?${query.toString()}`;
}

/** One page of a list, from a cursor on. */
export const list = <T>(base: string, query: ListQuery, limit: number, cursor: string | null) =>
  get<Page<T>>(listUrl(base, query, limit, cursor));

export const urlOf = (base: string, id: string) => `${base}/${encodeURIComponent(id)}`;

export async function read<T>(url: string): Promise<Tagged<T>> {
  return tagged<T>(await request(url));
}

/** Puts an object in place of the version that is known; refused with 412 where there is another by now. */
export async function replace<T>(url: string, { value, tag }: Tagged<T>): Promise<Tagged<T>> {
  return tagged<T>(await request(url, { method: 'PUT', ...sent(value, { 'if-match': tag }) }), value);
}

/** Deletes the version that is known. */
export async function remove(url: string, tag: string): Promise<void> {
  await request(url, { method: 'DELETE', headers: { 'if-match': tag } });
}

/** Whether somebody else has changed the object meanwhile. */
export const isConflict = (error: unknown): error is Problem => error instanceof Problem && error.status === 412;

/**
 * Makes new objects. The same one that is sent again, since no answer came, carries the same key, so that the server
 * makes it once.
 */
export class Creation<T> {
  #last: { content: string; key: string } | null = null;

  constructor(private readonly url: string) {}

  async send(value: T): Promise<Tagged<T>> {
    const content = JSON.stringify(value);
    if (this.#last?.content !== content) this.#last = { content, key: newKey() };
    const { key } = this.#last;
    const made = await request(this.url, { method: 'POST', ...sent(value, { 'idempotency-key': key }) });
    // Who makes the like of it again wants another one.
    this.#last = null;
    return tagged<T>(made, value);
  }
}

/** A body of JSON, and the headers that go with it. */
export function sent(value: unknown, headers: Record<string, string> = {}): RequestInit {
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

function tagged<T>(answer: Answer, known?: T): Tagged<T> {
  const tag = answer.headers.get('etag');
  // Without its version an object could not be changed: that was not our server.
  if (tag === null) throw new Refusal('server_unreachable');
  return { value: answer.text === '' && known !== undefined ? known : parsed<T>(answer), tag };
}

/** Not `randomUUID`, which pages without HTTPS do not have. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, '0')).join(
    '',
  );
}
