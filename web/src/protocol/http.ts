/** HTTP requests; signing in and out. Everything here throws a `Refusal`. */
import type { CauseCode, HttpError, SignIn, User } from '../generated/protocol';

/** How long an answer may take to begin, in ms: to a question, and to a change, which may be one of thousands of objects. */
export const PATIENCE = { read: 10_000, write: 60_000, file: 600_000 } as const;
/** How long it may take to come whole once it has begun, in ms; for a file it is the patience for files. */
const WHOLE = 60_000;

/** Who is signed in. */
export type SignedIn = User & {
  /** Whether nothing can be done before a second factor is set up. */
  second_factor_missing?: boolean;
};

/** Where one kind of people signs in. */
export class Session {
  constructor(readonly url: string) {}

  /** Who is signed in; null where nobody is. */
  async current(): Promise<SignedIn | null> {
    const answer = await reach(this.url);
    if (answer.status === 401) return null;
    return user(answer);
  }

  async signIn(body: SignIn): Promise<SignedIn> {
    const headers = { 'content-type': 'application/json' };
    return user(await reach(this.url, { method: 'POST', headers, body: JSON.stringify(body) }));
  }

  async signOut(): Promise<void> {
    await request(this.url, { method: 'DELETE' });
  }
}

export const users = new Session('/api/v1/session');
export const administrators = new Session('/api/v1/admin/session');

/** An answer that is no refusal. `patience`: how long it may take to begin, in ms. */
export async function request(url: string, init?: RequestInit, patience?: number): Promise<Answer> {
  return checked(await reach(url, init, patience));
}

/** A file. */
export async function download(url: string, init?: RequestInit): Promise<Blob> {
  const { blob, ...answer } = await reach(url, init, PATIENCE.file, async (response) => {
    const blob = await response.blob();
    return response.ok ? { text: '', blob } : { text: await blob.text(), blob };
  });
  checked(answer);
  return blob;
}

/** What a request tells. Nobody waits for it any longer once the signal is given. */
export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return parsed<T>(await request(url, { signal }));
}

/** An answer that has come whole. */
export interface Answer {
  ok: boolean;
  status: number;
  headers: Headers;
  text: string;
}

/** What an answer says in JSON. */
export function parsed<T>({ text }: Answer): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    // A proxy in between answered, not our server.
    throw new Refusal('server_unreachable');
  }
}

/** What these functions throw. */
export class Refusal extends Error {
  constructor(
    readonly code: CauseCode,
    /** Seconds after which it may be tried again, where the server tells them. */
    readonly retryAfter: number | null = null,
  ) {
    super(code);
  }
}

/** What is wrong with one field of what was sent. */
export interface FieldError {
  /** Where it is (RFC 6901): `/login`. */
  pointer: string;
  /** A cause's code, where the server tells one. */
  code?: string;
  detail: string;
  /** The same in German, where the server tells it. */
  german?: string;
  /** Which object it is, where several were sent. */
  name?: string | null;
  /** The line of a file, from 1. */
  line?: number | null;
}

/** A refusal with details (RFC 9457). */
export class Problem extends Refusal {
  constructor(
    code: CauseCode,
    readonly status: number,
    /** The server's own words. */
    message: string,
    readonly errors: readonly FieldError[],
    /** The same in German, where the server tells it. */
    readonly german?: string,
  ) {
    super(code);
    this.message = message;
  }
}

/** Asks, and waits no longer than is reasonable: a server that is gone need not say so. */
async function reach<T extends { text: string } = { text: string }>(
  url: string,
  { signal, ...init }: RequestInit = {},
  patience: number = (init.method ?? 'GET') === 'GET' ? PATIENCE.read : PATIENCE.write,
  read: (response: Response) => Promise<T> = async (response) => ({ text: await response.text() }) as T,
): Promise<Omit<Answer, 'text'> & T> {
  const waiting = new AbortController();
  const end = () => waiting.abort();
  signal?.addEventListener('abort', end, { once: true });
  let timer = setTimeout(end, patience);
  try {
    const sent = { credentials: 'same-origin', cache: 'no-store', ...init, signal: waiting.signal } as const;
    const answer = await fetch(url, sent);
    clearTimeout(timer);
    timer = setTimeout(end, Math.max(WHOLE, patience));
    const { ok, status, headers } = answer;
    return { ok, status, headers, ...(await read(answer)) };
  } catch {
    throw new Refusal('server_unreachable');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function checked(answer: Answer): Answer {
  if (answer.ok) return answer;
  const body = parsed<unknown>(answer);
  if (typeof body !== 'object' || body === null) throw new Refusal('server_unreachable');
  const problem = /^application\/problem\+json\b/i.test(answer.headers.get('content-type') ?? '');
  const after = Number(answer.headers.get('retry-after') ?? NaN);
  throw problem
    ? problemOf(body as Partial<ProblemJson>, answer.status)
    : refusalOf(body as Partial<HttpError>, Number.isFinite(after) ? after : null);
}

interface ProblemJson {
  code: string;
  title: string;
  detail: string;
  german: string;
  errors: FieldError[];
}

const refusalOf = ({ cause }: Partial<HttpError>, retryAfter: number | null) =>
  new Refusal(cause?.code ?? 'server_unreachable', retryAfter);

function problemOf({ code, title, detail, german, errors }: Partial<ProblemJson>, status: number): Problem {
  // A newer server may have codes that this page does not know: `code` is looked up, never trusted.
  const known = (code ?? 'internal') as CauseCode;
  return new Problem(known, status, detail ?? title ?? known, Array.isArray(errors) ? errors : [], german);
}

const user = (answer: Answer): SignedIn => parsed<{ user: SignedIn }>(checked(answer)).user;
