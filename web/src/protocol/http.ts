/** Signing in and out: `/api/v1/session`. */
import type { CauseCode, HttpError, SignIn, User } from '../generated/protocol';

const session = '/api/v1/session';

/** The signed-in user; null where nobody is. Throws the cause's code. */
export async function currentUser(): Promise<User | null> {
  const answer = await reach(session);
  if (answer.status === 401) return null;
  return user(answer);
}

/** Signs in. Throws the cause's code. */
export async function signIn(body: SignIn): Promise<User> {
  const headers = { 'content-type': 'application/json' };
  return user(await reach(session, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** Signs out. Throws the cause's code. */
export async function signOut(): Promise<void> {
  await checked(await reach(session, { method: 'DELETE' }));
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
