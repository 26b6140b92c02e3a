/** A server for tests of pages: objects with versions, and what else it is told to answer. */
import { vi } from 'vitest';
import type { Stored } from '../../generated/site';
import { rendered } from '../../components/testing';
import type { ReactNode } from 'react';
import { RoleContext } from './role';

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

export interface Answer {
  status?: number;
  body?: unknown;
  tag?: string;
  /** Never comes. */
  never?: boolean;
}

type Kind = Record<string, Stored<object>>;

export const stored = <T extends object>(id: string, object: T, from_file = false): Stored<T> => ({
  id,
  version: 1,
  from_file,
  object,
});

/** Answers requests about these objects; `more` answers others, or the same otherwise. */
export function serving(kinds: Record<string, Kind>, more: (asked: Asked) => Answer | undefined = () => undefined) {
  const asked: Asked[] = [];
  const answer = ({ method, path, body }: Asked): Answer => {
    const [pathname = '', query] = path.split('?');
    const [, , , , kind = '', id, part] = pathname.split('/');
    const all = kinds[kind];
    if (!all) return { status: 404, body: { code: 'not_found', detail: 'Not found' } };
    if (kind === 'settings') return { body: all.only, tag: '"1"' };
    if (id === undefined && method === 'GET') {
      const wanted = new URLSearchParams(query).get('search') ?? '';
      const items = Object.values(all).filter(({ object }) => JSON.stringify(object).includes(wanted));
      return { body: { items, next: null, total: items.length } };
    }
    if (id === undefined) {
      const made = stored('made', body as object);
      all.made = made;
      return { status: 201, body: made, tag: '"1"' };
    }
    if (part === 'references') return { body: { references: [], total: 0 } };
    if (part === 'services') return { body: { services: [] } };
    if (id === 'bulk' || part === 'password') return { status: 204 };
    const found = all[id];
    if (!found) return { status: 404, body: { code: 'not_found', detail: 'Not found' } };
    if (method === 'DELETE') {
      delete all[id];
      return { status: 204 };
    }
    if (method === 'PUT') all[id] = { ...found, version: found.version + 1, object: body as object };
    return { body: all[id], tag: `"${all[id]?.version}"` };
  };
  vi.stubGlobal(
    'fetch',
    vi.fn((path: string, init?: RequestInit) => {
      const text = typeof init?.body === 'string' ? init.body : undefined;
      const isJson = new Headers(init?.headers).get('content-type') === 'application/json';
      const body = text !== undefined && isJson ? (JSON.parse(text) as unknown) : text;
      const request = { method: init?.method ?? 'GET', path, body };
      asked.push(request);
      const { status = 200, body: told, tag, never } = more(request) ?? answer(request);
      if (never) return new Promise<Response>(() => {});
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      return Promise.resolve(
        new Response(told === undefined ? null : JSON.stringify(told), {
          status,
          headers: { 'content-type': type, ...(tag ? { etag: tag } : {}) },
        }),
      );
    }),
  );
  return {
    asked,
    /** What was sent, not only asked for. */
    sent: () => asked.filter(({ method }) => method !== 'GET'),
  };
}

export const shown = (node: ReactNode, role: 'full' | 'users' | 'read_only' = 'full') =>
  rendered(<RoleContext value={role}>{node}</RoleContext>);
