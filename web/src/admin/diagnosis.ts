/** What the server tells of calls that failed, and its captures. */
import type { Captures, Severity, Status, Trace, Verdict } from '../generated/protocol';
import { request } from '../protocol/http';

/** A call on all its sides, and what it comes to. */
export interface Traced {
  trace: Trace;
  verdict: Verdict;
}

export interface CallVerdict {
  id: string;
  started_at: number;
  ended_at: number;
  caller: string | null;
  called: string | null;
  line: string | null;
  group: string | null;
  code: string;
  severity: Severity;
  english: string;
  german: string;
  traced: boolean;
}

export interface Failures {
  since: number;
  until: number;
  calls: CallVerdict[];
  counts: {
    codes: { code: string; count: number; english: string; german: string; severity: Severity }[];
    lines: { name: string; count: number }[];
    groups: { name: string; count: number }[];
    hours: { at: number; count: number }[];
  };
}

export type { Captures };

const base = '/api/v1/admin';

async function get<T>(url: string): Promise<T> {
  return (await (await request(url)).json()) as T;
}

export const traceUrl = (call: string, format?: 'text' | 'pcapng') =>
  `${base}/calls/${encodeURIComponent(call)}/trace${format ? `?format=${format}` : ''}`;

/** A ZIP with all that is known of a call; with pseudonyms there are no numbers and names of people in it. */
export const caseUrl = (call: string, pseudonyms: boolean) =>
  `${base}/calls/${encodeURIComponent(call)}/case?pseudonyms=${pseudonyms}`;

export const traced = (call: string) => get<Traced>(traceUrl(call));

/** Calls that failed or were bad from a moment on, in ms since 1970. */
export const failures = (since: number) => get<Failures>(`${base}/failures?since=${Math.round(since)}`);

export const captures = () => get<Captures>(`${base}/captures`);

/** Switches capturing of a line group; without lines of all of it. */
export async function capture(group: string, capturing: boolean, lines: string[] | null): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ capturing, lines });
  await request(`${base}/captures/groups/${encodeURIComponent(group)}`, { method: 'PUT', headers, body });
}

export const captureUrl = (file: string) => `${base}/captures/files/${encodeURIComponent(file)}`;
export const CAPTURES_ZIP = `${base}/captures/zip`;

/** Deletes a capture file; without a name all that are finished. */
export async function deleteCapture(file?: string): Promise<void> {
  await request(file === undefined ? `${base}/captures/files` : captureUrl(file), { method: 'DELETE' });
}

/** How the program itself stands. */
export const status = () => get<Status>(`${base}/status`);
