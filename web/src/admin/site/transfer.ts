/** The site as a file and back, and a backup of the database. */
import type { FieldProblem, Import, Write } from '../../generated/site';
import { download, parsed, PATIENCE, request } from '../../protocol/http';

const BASE = '/api/v1/admin';

export const EXPORT = `${BASE}/export`;

/** The media type of a file that can be imported; null: it is none. */
export function typeOf({ name }: { name: string }): string | null {
  if (/\.zip$/i.test(name)) return 'application/zip';
  return /\.(csv|txt)$/i.test(name) ? 'text/csv' : null;
}

/** Imports a file, or says what that would do. */
export async function importing(file: File, preview: boolean, prune: boolean): Promise<Import> {
  const query = new URLSearchParams({ preview: String(preview), prune: String(prune) });
  const headers = { 'content-type': typeOf(file) ?? 'application/octet-stream' };
  const sent = { method: 'POST', headers, body: file };
  return parsed<Import>(await request(`${BASE}/import?${query.toString()}`, sent, PATIENCE.file));
}

/** A backup of the database, made at this moment. */
export function backup(): Promise<Blob> {
  return download(`${BASE}/backup`, { method: 'POST' });
}

export type Effect = 'created' | 'changed' | 'deleted';
export const EFFECTS: readonly Effect[] = ['created', 'changed', 'deleted'];

/** What becomes of an object. */
export function effectOf({ before, after }: Write): Effect {
  if (before === null) return 'created';
  return after === null ? 'deleted' : 'changed';
}

/** Where in what was sent something is wrong: the document, and which of its objects or which line. */
export interface Spot {
  document: string;
  /** Which object of the document, from 1, or which line of a CSV file; null: the document as a whole. */
  at: number | null;
  /** Where in the object; empty: the object as a whole. */
  field: string;
  name: string | null;
}

/** Reads `/users/3/login`, or the line and column of a CSV file. */
export function spotOf({ pointer, line, name }: FieldProblem, file: string): Spot {
  if (line !== null && line !== undefined) return { document: file, at: line, field: pointer, name: name ?? null };
  const [, kind, at, rest] = /^\/([a-z_]+)\/(\d+)(\/.*)?$/.exec(pointer) ?? [];
  if (kind === undefined) return { document: file, at: null, field: pointer, name: name ?? null };
  return { document: `${kind}.json`, at: Number(at) + 1, field: rest ?? '', name: name ?? null };
}
