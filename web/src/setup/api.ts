/** What the setup asks of the server: its own few routes, and those of every administrator. */
import type {
  AdministratorObject,
  CertificateObject,
  InterfaceObject,
  LocationObject,
  SettingsObject,
  SetupState,
  Stored,
  UserObject,
} from '../generated/site';
import { get, Problem, Refusal, parsed, request } from '../protocol/http';
import { sent } from '../admin/parts/rest';

const ADMIN = '/api/v1/admin';
const SETUP = '/api/v1/setup';
/** How long the server may take to start anew, in ms. */
const BACK_WITHIN = 60_000;
const ASK_EVERY = 500;

interface Kinds {
  administrators: AdministratorObject;
  certificates: CertificateObject;
  interfaces: InterfaceObject;
  locations: LocationObject;
  users: UserObject;
  line_groups: LineGroupBody;
  lines: LineBody;
}

/** What the setup sets of a line group. */
export interface LineGroupBody {
  name: string;
  kind: string;
  registrar: string;
  port: number | null;
  transport: 'udp' | 'tcp' | 'tls' | null;
  domain: string;
  location: string | null;
}

/** What it sets of a line. */
export interface LineBody {
  group: string | null;
  user_name: string;
  auth_name: string;
  number: string;
  active: boolean;
}

export const setupState = () => get<SetupState>(SETUP);
export const settings = async () => (await get<Stored<SettingsObject>>(`${ADMIN}/settings`)).object;

/** The first objects of a kind, by the order of their lists. */
export async function objects<K extends keyof Kinds>(kind: K): Promise<Stored<Kinds[K]>[]> {
  return (await get<{ items: Stored<Kinds[K]>[] }>(`${ADMIN}/${kind}?limit=200`)).items;
}

/** Makes an object, or changes some fields of the one that there is. Gives its id. */
export async function put<K extends keyof Kinds>(
  kind: K,
  id: string | undefined,
  fields: Partial<Kinds[K]>,
): Promise<string> {
  if (id === undefined) {
    const made = await request(`${ADMIN}/${kind}`, { method: 'POST', ...sent(fields) });
    return parsed<{ id: string }>(made).id;
  }
  await request(`${ADMIN}/${kind}/${id}`, { method: 'PATCH', ...sent(fields, { 'if-match': '*' }) });
  return id;
}

export async function setPassword(kind: keyof Kinds, id: string, password: string): Promise<void> {
  await request(`${ADMIN}/${kind}/${id}/password`, { method: 'PUT', ...sent({ password }) });
}

export async function setSettings(fields: Partial<SettingsObject>): Promise<void> {
  await request(`${ADMIN}/settings`, { method: 'PATCH', ...sent(fields, { 'if-match': '*' }) });
}

export interface DatabaseChoice {
  /** Empty: SQLite. */
  url: string;
  password: string;
}

export async function testDatabase(choice: DatabaseChoice): Promise<void> {
  await request(`${SETUP}/database/test`, { method: 'POST', ...sent(choice) });
}

/** Takes a database; done once the server has started anew with it. */
export async function chooseDatabase(choice: DatabaseChoice): Promise<void> {
  const wanted = choice.url.trim() === '' ? 'sqlite' : 'postgresql';
  await request(`${SETUP}/database`, { method: 'POST', ...sent(choice) });
  const deadline = Date.now() + BACK_WITHIN;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    const state = await setupState().catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      return null;
    });
    if (state?.database === wanted) return;
    if (Date.now() > deadline) throw new Refusal('server_unreachable');
  }
}

export async function finish(): Promise<void> {
  await request(`${SETUP}/finish`, { method: 'POST' });
}

/** What came of trying a line out at its PBX. */
export interface TrialReport {
  ok: boolean;
  steps: { step: string; outcome: 'done' | 'failed' | 'skipped'; english: string; german: string }[];
  verdict: { english: string; german: string; fix_english?: string; fix_german?: string } | null;
}

export async function tryOut(
  id: string | undefined,
  group: LineGroupBody,
  line: { id?: string; user_name: string; auth_name: string; password: string },
): Promise<TrialReport> {
  const { password, ...rest } = line;
  const body = { id, line_group: group, line: { ...rest, password: password === '' ? null : password } };
  const answer = await request(`${ADMIN}/line_groups/test`, { method: 'POST', ...sent(body) });
  return parsed<TrialReport>(answer);
}

/** Something that the page itself asks for is not there; the message says what, where nothing else does. */
export class Lacking extends Error {}

/** What is wrong with fields, by the ends of their pointers; under the empty name what no field can say. */
export type Faults = Partial<Record<string, string>>;

export function faultsOf(
  error: unknown,
  say: (fault: Problem['errors'][number]) => string,
  reason: (error: unknown) => string,
  fields: readonly string[],
): Faults {
  const errors = error instanceof Problem ? error.errors : [];
  if (errors.length === 0) return { '': reason(error) };
  const named = errors.map((fault) => {
    // A test is sent both objects in one.
    const pointer = fault.pointer.replace(/^\/(line_group|line)(?=\/)/, '');
    const field = fields.find((name) => pointer === `/${name}` || pointer.startsWith(`/${name}/`)) ?? '';
    return [field, say(fault)] as const;
  });
  return Object.fromEntries(named);
}

const SYLLABLES = ['ba', 'de', 'fi', 'go', 'ka', 'le', 'mi', 'no', 'pa', 're', 'su', 'ta', 'vo', 'wi', 'xu', 'ze'];

/** A password that can be read out: 60 bits of chance. */
export function proposedPassword(): string {
  const random = crypto.getRandomValues(new Uint8Array(15));
  const part = (at: number) => SYLLABLES[(random[at] ?? 0) % SYLLABLES.length] ?? '';
  const word = (from: number) => [0, 1, 2, 3, 4].map((at) => part(from + at)).join('');
  return `${word(0)}-${word(5)}-${word(10)}`;
}

/** A login made of a name: Anna Müller becomes anna.mueller. */
export function proposedLogin(name: string): string {
  const german: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' };
  return name
    .trim()
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => german[letter] ?? letter)
    .normalize('NFKD')
    .replace(/[^a-z0-9\s._-]/g, '')
    .split(/\s+/)
    .filter(Boolean)
    .join('.');
}
