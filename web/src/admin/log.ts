/** What the server tells of its log. */
import type { Area, Log, LogChange, LogLevel, LogLine, LogLines } from '../generated/protocol';
import { get, request } from '../protocol/http';

const base = '/api/v1/admin/log';

/** The most important first. */
export const LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug', 'trace'];

/** Which lines are looked for; empty: all. */
export interface LineFilter {
  level: LogLevel | '';
  area: Area | '';
  call: string;
}

export const NO_FILTER: LineFilter = { level: '', area: '', call: '' };

export const log = (signal?: AbortSignal) => get<Log>(base, signal);

/** Logs more or less of an area; the others stay as they are. */
export async function setLevel(area: Area, level: LogLevel): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const change: LogChange = { levels: { [area]: level } };
  await request(base, { method: 'PUT', headers, body: JSON.stringify(change) });
}

export function linesUrl({ level, area, call }: LineFilter, limit: number): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries({ level, area, call: call.trim() })) {
    if (value !== '') query.set(name, value);
  }
  return `${base}/lines?${query.toString()}`;
}

export const lines = (filter: LineFilter, limit: number, signal?: AbortSignal) =>
  get<LogLines>(linesUrl(filter, limit), signal);

export const logUrl = (file: string) => `${base}/files/${encodeURIComponent(file)}`;
export const LOG_ZIP = `${base}/zip`;

/** Deletes a log file; without a name all that are finished. */
export async function deleteLog(file?: string): Promise<void> {
  await request(file === undefined ? `${base}/files` : logUrl(file), { method: 'DELETE' });
}

/** What is said of a line beside its message. */
export function detailsOf({ call, line, group, user, fields }: LogLine): [string, string][] {
  const known = Object.entries({ call, line, group, user }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return [...known, ...Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)])];
}
