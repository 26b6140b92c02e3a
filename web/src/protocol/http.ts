/** HTTP requests; signing in and out. Everything here throws a `Refusal`. */
import type { CauseCode, HttpError, SignIn, User } from '../generated/protocol';

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

/** An answer that is no refusal. */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  return checked(await reach(url, init));
}

/** What a request tells. */
export async function get<T>(url: string): Promise<T> {
  return (await (await request(url)).json()) as T;
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

async function reach(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch {
    throw new Refusal('server_unreachable');
  }
}

async function checked(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  try {
    const body: unknown = await answer.json();
    const problem = /^application\/problem\+json\b/i.test(answer.headers.get('content-type') ?? '');
    const after = Number(answer.headers.get('retry-after') ?? NaN);
    throw problem
      ? problemOf(body as Partial<ProblemJson>, answer.status)
      : new Refusal((body as HttpError).cause.code, Number.isFinite(after) ? after : null);
  } catch (error) {
    // A proxy in between answered, not our server.
    throw error instanceof Refusal ? error : new Refusal('server_unreachable');
  }
}

interface ProblemJson {
  code: string;
  title: string;
  detail: string;
  german: string;
  errors: FieldError[];
}

function problemOf({ code, title, detail, german, errors }: Partial<ProblemJson>, status: number): Problem {
  // A newer server may have codes that this page does not know: `code` is looked up, never trusted.
  const known = (code ?? 'internal') as CauseCode;
  return new Problem(known, status, detail ?? title ?? known, Array.isArray(errors) ? errors : [], german);
}

async function user(answer: Response): Promise<SignedIn> {
  await checked(answer);
  try {
    return ((await answer.json()) as { user: SignedIn }).user;
  } catch {
    throw new Refusal('server_unreachable');
  }
}
