/** HTTP requests; signing in and out. Everything here throws a `Refusal`. */
import type { CauseCode, HttpError, SignIn, User } from '../generated/protocol';

/** Where one kind of people signs in. */
export class Session {
  constructor(private readonly url: string) {}

  /** Who is signed in; null where nobody is. */
  async current(): Promise<User | null> {
    const answer = await reach(this.url);
    if (answer.status === 401) return null;
    return user(answer);
  }

  async signIn(body: SignIn): Promise<User> {
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

/** What these functions throw. */
export class Refusal extends Error {
  constructor(readonly code: CauseCode) {
    super(code);
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
  let code: CauseCode = 'server_unreachable';
  try {
    code = ((await answer.json()) as HttpError).cause.code;
  } catch {
    // A proxy in between answered, not our server.
  }
  throw new Refusal(code);
}

async function user(answer: Response): Promise<User> {
  await checked(answer);
  try {
    return ((await answer.json()) as { user: User }).user;
  } catch {
    throw new Refusal('server_unreachable');
  }
}
