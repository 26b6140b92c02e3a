/** What the server tells of calls that failed, and its captures. */
import type { CallTrace, CaptureCallChange, CaptureChange, Captures, Failures, Status } from '../generated/protocol';
import { get, request } from '../protocol/http';

const base = '/api/v1/admin';

/** What there are traces of: a call from its beginning to its end, or what happened to a line lately. */
export type Traced = 'calls' | 'lines';

export const traceUrl = (of: Traced, id: string, format?: 'text' | 'pcapng') =>
  `${base}/${of}/${encodeURIComponent(id)}/trace${format ? `?format=${format}` : ''}`;

export const trace = (of: Traced, id: string, signal?: AbortSignal) => get<CallTrace>(traceUrl(of, id), signal);

/** A ZIP with all that is known of a call; with pseudonyms there are no numbers and names of people in it. */
export const caseUrl = (call: string, pseudonyms: boolean) =>
  `${base}/calls/${encodeURIComponent(call)}/case?pseudonyms=${pseudonyms}`;

/** Calls that failed or were bad from a moment on, in ms since 1970. */
export const failures = (since: number, signal?: AbortSignal) =>
  get<Failures>(`${base}/failures?since=${Math.round(since)}`, signal);

export const captures = (signal?: AbortSignal) => get<Captures>(`${base}/captures`, signal);

/** Switches capturing of a line group; without lines of all of it. */
export const capture = (group: string, change: CaptureChange) =>
  put(`${base}/captures/groups/${encodeURIComponent(group)}`, change);

/** Captures a call that runs, whatever its line group, or no longer. */
export const captureCall = (call: string, change: CaptureCallChange) =>
  put(`${base}/captures/calls/${encodeURIComponent(call)}`, change);

async function put(url: string, change: CaptureChange | CaptureCallChange): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await request(url, { method: 'PUT', headers, body: JSON.stringify(change) });
}

export const captureUrl = (file: string) => `${base}/captures/files/${encodeURIComponent(file)}`;
export const CAPTURES_ZIP = `${base}/captures/zip`;

/** Deletes a capture file; without a name all that are finished. */
export async function deleteCapture(file?: string): Promise<void> {
  await request(file === undefined ? `${base}/captures/files` : captureUrl(file), { method: 'DELETE' });
}

/** How the program itself stands. */
export const status = (signal?: AbortSignal) => get<Status>(`${base}/status`, signal);
