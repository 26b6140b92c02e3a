/** What the app knows of lines and calls: a pure reducer over what the server tells and the person does. */
import type { Call, Cause, CauseCode, Direction, Hello, Line, User } from '../generated/protocol';
import type { Link } from './socket';

/** A call that is not over. */
export interface CallEntry {
  call: Call;
  /** When it was answered by this computer's clock, which may differ from the server's. */
  connectedAt: number | null;
  /** Whether it rang on this device. */
  rang: boolean;
  /** The person pressed "Answer" here and the reply is not there yet. */
  answering: boolean;
  /** Why the last attempt to answer failed; the call still rings. */
  answerFailure: Cause | null;
  muted: boolean;
  /** DTMF digits of both directions, the newest last. */
  received: string;
  sent: string;
  /** The audio path of this browser. */
  audio: 'connecting' | 'connected' | 'interrupted';
}

/** A call that the person asked for and the server has not named yet. */
export interface Draft {
  id: number;
  line: string;
  number: string;
  /** The server's name for it, once replied. */
  call: string | null;
}

/** What remains visible of a call that is over. */
export interface Ended {
  id: string;
  line: string;
  direction: Direction;
  number: string;
  name: string | null;
  cause: Cause;
  /** How long it was connected, in ms; null where it never was. */
  duration: number | null;
}

export interface PhoneState {
  link: Link;
  user: User;
  lines: Line[];
  calls: CallEntry[];
  draft: Draft | null;
  ended: Ended[];
}

export type Action =
  | { type: 'link'; link: Link }
  | { type: 'hello'; hello: Hello; now: number }
  | { type: 'line'; line: Line }
  | { type: 'call'; call: Call; now: number }
  | { type: 'digit'; call: string; digit: string }
  | { type: 'resume_expired'; now: number }
  | { type: 'dial'; draft: Draft }
  | { type: 'dial_placed'; id: number; call: string }
  | { type: 'dial_failed'; id: number; cause: Cause }
  | { type: 'answer'; call: string }
  | { type: 'answer_failed'; call: string; cause: Cause }
  | { type: 'muted'; call: string; muted: boolean }
  | { type: 'sent_digit'; call: string; digit: string }
  | { type: 'audio'; call: string; audio: CallEntry['audio'] }
  | { type: 'dismiss'; ended: string };

/** More would push the dial pad off the screen. */
const ENDED_SHOWN = 3;
const DIGITS_SHOWN = 64;
/** Begins the id of an ended call that never got one from the server. */
const DRAFT = 'draft-';

export function initial(user: User): PhoneState {
  return { link: 'connecting', user, lines: [], calls: [], draft: null, ended: [] };
}

/** A cause that this app found itself. */
export function ours(code: CauseCode): Cause {
  return { code, sip_status: null, detail: null };
}

/** Whether the person must be told that something went wrong, rather than that a call is over. */
export function isFailure({ cause, direction }: Ended): boolean {
  const usual: CauseCode[] = ['normal_clearing', 'cancelled', 'answered_elsewhere', 'caller_hung_up'];
  // Of a caller, these say what the person here did or did not do.
  const chosen: CauseCode[] = direction === 'incoming' ? ['declined', 'busy', 'no_answer'] : [];
  return ![...usual, ...chosen].includes(cause.code);
}

/** Whether somebody called and reached nobody. */
export function isMissed({ cause, direction, duration }: Ended): boolean {
  const codes: CauseCode[] = ['caller_hung_up', 'no_answer', 'normal_clearing'];
  return direction === 'incoming' && duration === null && codes.includes(cause.code);
}

/** Incoming calls that this device can answer. */
export function ringing(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call, answering }) => rings(call) && !answering);
}

/** Calls whose audio is, or is about to be, on this device. */
export function here(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call, answering }) => call.here || (answering && rings(call)));
}

/** Calls of this user whose audio is on another device. */
export function elsewhere(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call }) => !call.here && !rings(call));
}

/** Whether leaving the page would end something. */
export function inCall(state: PhoneState): boolean {
  return state.draft !== null || here(state).length > 0;
}

/** Whether calls can leave by the line. */
export function isUsable(line: Line): boolean {
  return line.state === 'registered' || line.state === 'ready';
}

/** Lines that can place a call. */
export function usableLines(state: PhoneState): Line[] {
  return state.lines.filter(isUsable);
}

export function reduce(state: PhoneState, action: Action): PhoneState {
  switch (action.type) {
    case 'link':
      return { ...state, link: action.link };
    case 'hello':
      return reduceHello(state, action.hello, action.now);
    case 'line': {
      const known = state.lines.some(({ id }) => id === action.line.id);
      const lines = known
        ? state.lines.map((line) => (line.id === action.line.id ? action.line : line))
        : [...state.lines, action.line];
      return { ...state, lines };
    }
    case 'call':
      return reduceCall(state, action.call, action.now);
    case 'digit':
      return change(state, action.call, (e) => ({ received: (e.received + action.digit).slice(-DIGITS_SHOWN) }));
    case 'resume_expired':
      return reduceLost(state, action.now);
    case 'dial':
      return { ...state, draft: action.draft, ended: [] };
    case 'dial_placed': {
      if (state.draft?.id !== action.id) return state;
      const known = state.calls.some(({ call }) => call.id === action.call);
      return { ...state, draft: known ? null : { ...state.draft, call: action.call } };
    }
    case 'dial_failed': {
      const { draft } = state;
      if (draft?.id !== action.id) return state;
      // The server tells of a refused call twice where it had already begun: as a call and as the reply.
      const told = state.ended.some((e) => e.number === draft.number && e.direction === 'outgoing');
      const ended: Ended = {
        id: `${DRAFT}${draft.id}`,
        line: draft.line,
        direction: 'outgoing',
        number: draft.number,
        name: null,
        cause: action.cause,
        duration: null,
      };
      return { ...state, draft: null, ended: told ? state.ended : remember(state.ended, ended) };
    }
    case 'answer': {
      const next = change(state, action.call, () => ({ answering: true, answerFailure: null }));
      return { ...next, ended: [] };
    }
    case 'answer_failed':
      return change(state, action.call, () => ({ answering: false, answerFailure: action.cause }));
    case 'muted':
      return change(state, action.call, () => ({ muted: action.muted }));
    case 'sent_digit':
      return change(state, action.call, (e) => ({ sent: (e.sent + action.digit).slice(-DIGITS_SHOWN) }));
    case 'audio':
      return change(state, action.call, () => ({ audio: action.audio }));
    case 'dismiss':
      return { ...state, ended: state.ended.filter(({ id }) => id !== action.ended) };
  }
}

function rings(call: Call): boolean {
  return call.direction === 'incoming' && call.state === 'alerting' && !call.here && call.cause === null;
}

function isOver(call: Call): boolean {
  return call.state === 'null' || call.state === 'failed';
}

function reduceHello(state: PhoneState, hello: Hello, now: number): PhoneState {
  const { user, lines } = hello;
  let next: PhoneState = { ...state, user, lines };
  if (!hello.resumed) next = reduceLost(next, now);
  // What is no longer mentioned ended while the socket was away; why is not known.
  for (const { call } of next.calls) {
    if (hello.calls.some(({ id }) => id === call.id)) continue;
    const cause = ours('normal_clearing');
    next = reduceCall(next, { ...call, state: 'null', cause }, now);
  }
  for (const call of hello.calls) next = reduceCall(next, call, now);
  // A call that could not be answered for want of a server can be now.
  return { ...next, calls: next.calls.map((entry) => ({ ...entry, answerFailure: null })) };
}

/** The server gave this client up: what was here is over, the rest comes with the next hello. */
function reduceLost(state: PhoneState, now: number): PhoneState {
  let next = state;
  for (const { call } of here(state)) {
    next = reduceCall(next, { ...call, here: true, state: 'null', cause: ours('client_lost') }, now);
  }
  return { ...next, calls: [], draft: next.draft?.call ? null : next.draft };
}

function reduceCall(state: PhoneState, call: Call, now: number): PhoneState {
  const known = state.calls.find((entry) => entry.call.id === call.id);
  const draft = state.draft?.call === call.id ? null : state.draft;
  if (isOver(call)) {
    const calls = state.calls.filter((entry) => entry.call.id !== call.id);
    // One that was never seen was refused at once; the reply to the request says so.
    if (!known && draft === state.draft) return state;
    const ended = endOf(call, known, now);
    return { ...state, draft, calls, ended: ended ? remember(state.ended, ended) : state.ended };
  }
  const entry: CallEntry = known ?? {
    call,
    connectedAt: null,
    rang: false,
    answering: false,
    answerFailure: null,
    muted: false,
    received: '',
    sent: '',
    audio: 'connecting',
  };
  const next: CallEntry = {
    ...entry,
    call,
    rang: entry.rang || rings(call),
    answering: entry.answering && rings(call),
    connectedAt: connectedAt(entry, known !== undefined, call, now),
  };
  const calls = known ? state.calls.map((other) => (other === known ? next : other)) : [...state.calls, next];
  return { ...state, draft, calls };
}

function connectedAt(entry: CallEntry, seen: boolean, call: Call, now: number): number | null {
  if (entry.connectedAt !== null) return entry.connectedAt;
  if (call.connected_at === null) return null;
  return seen ? now : Math.min(call.connected_at, now);
}

/** The summary of a call that is over; none for what was never on this device. */
function endOf(call: Call, known: CallEntry | undefined, now: number): Ended | null {
  const { id, line, direction, number, name } = call;
  const wasHere = call.here || (known?.call.here ?? true);
  if (!wasHere && !known?.rang) return null;
  const takenElsewhere = !wasHere && known?.call.state === 'connected';
  const cause = takenElsewhere ? ours('answered_elsewhere') : (call.cause ?? ours('normal_clearing'));
  const since = wasHere ? (known?.connectedAt ?? null) : null;
  return { id, line, direction, number, name, cause, duration: since === null ? null : Math.max(0, now - since) };
}

function remember(ended: Ended[], one: Ended): Ended[] {
  // A draft given up while the server was already dialling is heard of again as a call.
  const same = (e: Ended) => e.id === one.id || (isDraft(e) && one.direction === 'outgoing' && e.number === one.number);
  return [one, ...ended.filter((e) => !same(e))].slice(0, ENDED_SHOWN);
}

function isDraft(ended: Ended): boolean {
  return ended.id.startsWith(DRAFT);
}

function change(state: PhoneState, id: string, patch: (entry: CallEntry) => Partial<CallEntry>): PhoneState {
  const calls = state.calls.map((entry) => (entry.call.id === id ? { ...entry, ...patch(entry) } : entry));
  return { ...state, calls };
}
