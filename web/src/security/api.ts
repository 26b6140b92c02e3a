/** What the server knows of how one signs in. Everything here throws a `Refusal`. */
import type {
  AccountSecurity,
  EndedSessions,
  Enrolment,
  OwnSecurity,
  RecoveryCodes,
  Sessions,
  SignIns,
} from '../generated/site';
import { get, parsed, request } from '../protocol/http';

async function send<T>(method: string, url: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await request(url, { method, headers, body: JSON.stringify(body) });
  return (answer.text === '' ? undefined : parsed<T>(answer)) as T;
}

const end = async (url: string): Promise<void> => void (await request(url, { method: 'DELETE' }));

/** One's own, beneath the address of one's session. */
export class Own {
  constructor(private readonly url: string) {}

  show = () => get<OwnSecurity>(`${this.url}/security`);
  changePassword = (old: string, now: string) => send<void>('PUT', `${this.url}/password`, { old, new: now });
  /** The password may be left out by who has to set a second factor up first. */
  enrol = (password?: string) => send<Enrolment>('POST', `${this.url}/totp`, { password });
  confirm = (code: string) => send<RecoveryCodes>('PUT', `${this.url}/totp`, { code });
  remove = (password: string) => send<void>('POST', `${this.url}/totp/remove`, { password });
  renew = (password: string) => send<RecoveryCodes>('POST', `${this.url}/totp/recovery-codes`, { password });
  sessions = () => get<Sessions>(`${this.url}/sessions`);
  endSession = (id: string) => end(`${this.url}/sessions/${encodeURIComponent(id)}`);
  endOthers = async () => parsed<EndedSessions>(await request(`${this.url}/sessions`, { method: 'DELETE' })).ended;
}

/** A user's or administrator's, for who looks after them. */
export class Of {
  private readonly url: string;

  constructor(
    private readonly kind: 'users' | 'administrators',
    private readonly id: string,
  ) {
    this.url = `/api/v1/admin/${kind}/${encodeURIComponent(id)}`;
  }

  show = () => get<AccountSecurity>(`${this.url}/security`);
  sessions = () => get<Sessions>(`${this.url}/sessions`);
  attempts = (limit: number) =>
    get<SignIns>(
      `/api/v1/admin/sign-ins?administrators=${this.kind === 'administrators'}&object=${encodeURIComponent(this.id)}&limit=${limit}`,
    );
  unlock = () => end(`${this.url}/lock`);
  removeFactor = () => end(`${this.url}/totp`);
  endSession = (id: string) => end(`${this.url}/sessions/${encodeURIComponent(id)}`);
  endAll = () => end(`${this.url}/sessions`);
}
