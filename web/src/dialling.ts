/** What is chosen for calls from a line: a project with what it asks for, and whether they are private. */
import type { Cause, Dialling, Preview, ProjectChoice, Request } from './generated/protocol';

/** Asks how a number would be dialled. */
export type Question = Extract<Request, { type: 'preview_number' }>;
/** How it would be dialled, or why nothing would be; null where there is nothing to say. */
export type Answer = { preview: Preview; cause: null } | { preview: null; cause: Cause } | null;

export interface DialChoice {
  /** The name of the project; empty: none. */
  project: string;
  private: boolean;
  /** Never kept. */
  pin: string;
  /** The user's number that a project asks for. */
  user: string;
}

export const NOTHING_CHOSEN: DialChoice = { project: '', private: false, pin: '', user: '' };

/** The fields of a request that a choice comes to. */
export interface ChosenFields {
  project?: string;
  private?: boolean;
  pin?: string;
  user?: string;
}

/** Digits that have to be entered; 0: any number of them; null: none is asked for. */
export interface Entries {
  pin: number | null;
  user: number | null;
}

/** The chosen project, as long as there is one of its name. */
export function projectOf(dialling: Dialling, { project }: DialChoice): ProjectChoice | null {
  return dialling.projects.find(({ name }) => name === project) ?? null;
}

/** What has to be entered for a choice. */
export function entriesOf(dialling: Dialling, choice: DialChoice): Entries {
  const project = projectOf(dialling, choice);
  const own = choice.private ? { pin: dialling.private_pin, user: dialling.private_user } : { pin: null, user: null };
  return { pin: project?.pin ?? own.pin, user: project?.user ?? own.user };
}

/** Whether something that a choice asks for is not entered, or not with all its digits. */
export function lacks(dialling: Dialling, choice: DialChoice): boolean {
  const { pin, user } = entriesOf(dialling, choice);
  const isMissing = (digits: number | null, entry: string) =>
    digits !== null && (digits === 0 ? entry === '' : entry.length !== digits);
  return isMissing(pin, choice.pin) || isMissing(user, choice.user);
}

/** As much of a choice as nothing is missing of: for calls from where nothing can be entered. */
export function enteredOf(dialling: Dialling | null, choice: DialChoice): DialChoice {
  const parts = [choice, { ...choice, project: '' }, { ...choice, private: false }];
  return parts.find((part) => dialling !== null && !lacks(dialling, part)) ?? NOTHING_CHOSEN;
}

/** What a request has of a choice: nothing that is not asked for. */
export function fieldsOf(dialling: Dialling | null, choice: DialChoice): ChosenFields {
  if (!dialling) return {};
  const project = projectOf(dialling, choice);
  const { pin, user } = entriesOf(dialling, choice);
  return {
    ...(project && { project: project.name }),
    ...(choice.private && { private: true }),
    ...(pin !== null && choice.pin !== '' && { pin: choice.pin }),
    ...(user !== null && choice.user !== '' && { user: choice.user }),
  };
}

/** Only what a code can have in it. */
export function cleanEntry(text: string, digits: number): string {
  return text.replace(/[^0-9*#]/g, '').slice(0, digits || MOST_DIGITS);
}

const MOST_DIGITS = 32;
const KEY = 'offhook.projects';

/** What a user chose last in this browser for a line; without the PIN, which is kept nowhere. */
export function keptChoice(user: string, line: string): DialChoice {
  const { project, private: isPrivate, user: number } = read(user)[line] ?? {};
  return {
    ...NOTHING_CHOSEN,
    project: typeof project === 'string' ? project : '',
    private: isPrivate === true,
    user: typeof number === 'string' ? number : '',
  };
}

export function keepChoice(
  user: string,
  line: string,
  { project, private: isPrivate, user: number }: DialChoice,
): void {
  try {
    const lines = { ...read(user), [line]: { project, private: isPrivate, user: number } };
    localStorage.setItem(KEY, JSON.stringify({ user, lines }));
  } catch {
    // Private windows may refuse storage; the page still has it.
  }
}

export function forgetChoices(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // See keepChoice.
  }
}

type Kept = Record<string, Record<string, unknown> | undefined>;

/** What is kept of this user, by line. */
function read(user: string): Kept {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    const { user: whose, lines } = stored as Record<string, unknown>;
    return whose === user && typeof lines === 'object' && lines !== null ? (lines as Kept) : {};
  } catch {
    return {};
  }
}
