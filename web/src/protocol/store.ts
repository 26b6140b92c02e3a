/** What happens to the state: a pure reducer over what the server tells and the person does. */
import type { Account, Call, Cause, Hello, Line, MonitoredLine, Service } from '../generated/protocol';
import type { Link } from './socket';
import { here, isFailure, isOver, isParked, rings, together } from './select';
import { ours, type CallEntry, type Draft, type Ended, type Outcome, type Parked, type PhoneState } from './state';

export type Action =
  | { type: 'link'; link: Link }
  /** `muted`: the calls that are muted where they come into view. */
  | { type: 'hello'; hello: Hello; muted?: readonly string[]; now: number }
  | { type: 'line'; line: Line }
  | { type: 'monitored_line'; line: MonitoredLine }
  | { type: 'unmonitored_line'; line: string }
  | { type: 'account'; account: Account }
  | { type: 'call'; call: Call; now: number }
  | { type: 'digit'; call: string; digit: string }
  | { type: 'resume_expired'; now: number }
  | { type: 'dial'; draft: Draft }
  | { type: 'dial_placed'; id: number; call: string }
  | { type: 'dial_failed'; id: number; cause: Cause }
  | { type: 'answer'; call: string }
  | { type: 'answer_failed'; call: string; cause: Cause }
  | { type: 'asked'; call: string; service: Service; outcomes: Outcomes }
  | { type: 'replied'; call: string; cause: Cause | null; outcomes: Outcomes }
  | { type: 'seen'; call: string }
  | { type: 'muted'; call: string; muted: boolean }
  | { type: 'sent_digit'; call: string; digit: string }
  | { type: 'audio'; call: string; audio: CallEntry['audio'] }
  | { type: 'dismiss'; ended: string };

/** What a request will make of calls: by the id of each. */
export type Outcomes = Readonly<Record<string, Outcome>>;

/** More would push the dial pad off the screen. */
const ENDED_SHOWN = 3;
const PARKED_SHOWN = 8;
const DIGITS_SHOWN = 64;
/** Begins the id of an ended call that never got one from the server. */
const DRAFT = 'draft-';

export function reduce(state: PhoneState, action: Action): PhoneState {
  switch (action.type) {
    case 'link':
      return { ...state, link: action.link };
    case 'hello':
      return reduceHello(state, action.hello, action.muted ?? [], action.now);
    case 'line':
      return { ...state, lines: withLine(state.lines, action.line) };
    case 'monitored_line':
      return { ...state, monitored: withLine(state.monitored, action.line) };
    case 'unmonitored_line':
      return { ...state, monitored: state.monitored.filter(({ id }) => id !== action.line) };
    case 'account':
      return { ...state, account: action.account };
    case 'call':
      return reduceCall(state, action.call, action.now);
    case 'digit':
      return change(state, action.call, (e) => ({ received: (e.received + action.digit).slice(-DIGITS_SHOWN) }));
    case 'resume_expired':
      return reduceLost(state, action.now);
    case 'dial': {
      const next = { ...state, draft: action.draft, ended: [] };
      const { consultationOf } = action.draft;
      return consultationOf === null ? next : change(next, consultationOf, () => CONSULTING);
    }
    case 'dial_placed': {
      if (state.draft?.id !== action.id) return state;
      const known = state.calls.some(({ call }) => call.id === action.call);
      return { ...consulted(state), draft: known ? null : { ...state.draft, call: action.call } };
    }
    case 'dial_failed':
      return reduceDialFailed(consulted(state), action.id, action.cause);
    case 'answer': {
      const next = change(state, action.call, () => ({ answering: true, notice: null }));
      return { ...next, ended: [] };
    }
    case 'answer_failed':
      return change(state, action.call, () => ({ answering: false, notice: { cause: action.cause, about: null } }));
    case 'asked':
      return withOutcomes(
        change(state, action.call, () => ({ pending: action.service, notice: null })),
        action.outcomes,
        (outcome) => outcome,
      );
    case 'replied': {
      const { call, cause, outcomes } = action;
      const next = change(state, call, () => ({ pending: null }));
      if (cause === null) return next;
      const told = change(next, call, () => ({ notice: { cause, about: null } }));
      return withOutcomes(told, outcomes, () => null);
    }
    case 'seen':
      return change(state, action.call, () => ({ notice: null }));
    case 'muted':
      return mute(state, action.call, action.muted);
    case 'sent_digit':
      return change(state, action.call, (e) => ({ sent: (e.sent + action.digit).slice(-DIGITS_SHOWN) }));
    case 'audio':
      return change(state, action.call, () => ({ audio: action.audio }));
    case 'dismiss':
      return {
        ...state,
        ended: state.ended.filter(({ id }) => id !== action.ended),
        parked: state.parked.filter(({ call }) => call !== action.ended),
      };
  }
}

/** The lines with this one, in the place of the one before. */
function withLine<T extends { id: string }>(lines: T[], line: T): T[] {
  const known = lines.some(({ id }) => id === line.id);
  return known ? lines.map((other) => (other.id === line.id ? line : other)) : [...lines, line];
}

const CONSULTING: Partial<CallEntry> = { pending: 'consultation_call', notice: null };

/** The first call of a consultation is no longer busy with the request. */
function consulted(state: PhoneState): PhoneState {
  const first = state.draft?.consultationOf ?? null;
  if (first === null) return state;
  return change(state, first, (e) => (e.pending === 'consultation_call' ? { pending: null } : {}));
}

function reduceHello(state: PhoneState, hello: Hello, muted: readonly string[], now: number): PhoneState {
  const { user, account } = hello;
  // What happened meanwhile follows as events.
  if (hello.replayed) return forgetNotices({ ...state, user, account });
  let next: PhoneState = { ...state, user, account, lines: hello.lines, monitored: hello.monitored_lines };
  if (!hello.resumed) next = reduceLost(next, now);
  for (const call of hello.ended) next = reduceCall(next, call, now);
  // What is no longer mentioned ended while the socket was away; why is not known.
  for (const { call } of next.calls) {
    if (hello.calls.some(({ id }) => id === call.id)) continue;
    const cause = ours('normal_clearing');
    next = reduceCall(next, { ...call, state: 'null', cause }, now);
  }
  for (const call of hello.calls) next = reduceCall(next, call, now, muted.includes(call.id));
  return forgetNotices(next);
}

/** What could not be done for want of a server can be now. */
function forgetNotices(state: PhoneState): PhoneState {
  return { ...state, calls: state.calls.map((entry) => ({ ...entry, notice: null })) };
}

/** The server gave this client up: what was here is over, the rest comes with the next hello. */
function reduceLost(state: PhoneState, now: number): PhoneState {
  let next = state;
  for (const { call } of here(state)) {
    next = reduceCall(next, { ...call, here: true, state: 'null', cause: ours('client_lost') }, now);
  }
  return { ...next, calls: [], draft: next.draft?.call ? null : next.draft };
}

function reduceDialFailed(state: PhoneState, id: number, cause: Cause): PhoneState {
  const { draft } = state;
  if (draft?.id !== id) return state;
  const first = draft.consultationOf;
  if (first !== null && state.calls.some(({ call }) => call.id === first)) {
    const notice = cause.code === 'cancelled' ? null : { cause, about: draft.number };
    return change({ ...state, draft: null }, first, () => ({ notice }));
  }
  // The server tells of a refused call twice where it had already begun: as a call and as the reply.
  // The numbers differ: what was typed is not what is told of the call.
  const told = state.ended.some(
    (e) => e.line === draft.line && e.direction === 'outgoing' && e.duration === null && e.cause.code === cause.code,
  );
  const ended: Ended = {
    id: `${DRAFT}${draft.id}`,
    line: draft.line,
    direction: 'outgoing',
    number: draft.number,
    shown: draft.number,
    name: null,
    cause,
    duration: null,
    outcome: null,
  };
  return { ...state, draft: null, ended: told ? state.ended : remember(state.ended, ended) };
}

/** @param muted whether it is, where it comes into view. */
function reduceCall(state: PhoneState, call: Call, now: number, muted = false): PhoneState {
  const known = state.calls.find((entry) => entry.call.id === call.id);
  const parked = state.parked.filter((one) => one.call !== call.id);
  const draft = state.draft?.call === call.id ? null : state.draft;
  if (isOver(call)) return reduceOver({ ...state, draft }, call, known, draft !== state.draft, now);
  const entry: CallEntry = known ?? {
    call,
    connectedAt: null,
    heldAt: null,
    rang: false,
    answering: false,
    pending: null,
    notice: null,
    outcome: null,
    muted,
    received: '',
    sent: '',
    audio: 'connecting',
  };
  // A cause that comes to a call that goes on says what did not work: a transfer, for example.
  const failed = known && call.here && call.cause !== null && known.call.cause?.code !== call.cause.code;
  const back = known !== undefined && isBack(known.call, call);
  const next: CallEntry = {
    ...entry,
    call,
    rang: entry.rang || rings(call),
    answering: entry.answering && (rings(call) || isParked(call)),
    connectedAt: connectedAt(entry, known !== undefined, call, now),
    heldAt: call.state === 'held' ? (entry.heldAt ?? now) : null,
    notice: failed && call.cause ? { cause: call.cause, about: known.call.transferring_to } : entry.notice,
    outcome: failed || back ? null : entry.outcome,
  };
  const calls = known ? state.calls.map((other) => (other === known ? next : other)) : [...state.calls, next];
  const waiting = isParked(call) ? park(state, entry, call, now) : null;
  // One that was given up for lost is over no more.
  const ended = known ? state.ended : state.ended.filter(({ id }) => id !== call.id);
  const after = { ...state, draft, calls, ended, parked: waiting ? [...parked, waiting].slice(-PARKED_SHOWN) : parked };
  return roomOf(after, next).some((member) => member.muted) ? mute(after, call.id, true) : after;
}

/** The microphone is one for a conference: muted towards one, muted towards all, and who comes later. */
function mute(state: PhoneState, id: string, muted: boolean): PhoneState {
  const entry = state.calls.find(({ call }) => call.id === id);
  const room = entry ? roomOf(state, entry) : [];
  return { ...state, calls: state.calls.map((other) => (room.includes(other) ? { ...other, muted } : other)) };
}

/** A call and those in one conference with it. */
function roomOf(state: PhoneState, entry: CallEntry): CallEntry[] {
  return state.calls.filter((other) => other === entry || together(entry, other));
}

/** Whether a call that was on its way elsewhere is its user's again. */
function isBack(before: Call, call: Call): boolean {
  const parked = isParked(before) && !isParked(call);
  return parked || (before.transferring_to !== null && call.transferring_to === null);
}

/** @param drafted whether it is the call that was just being placed. */
function reduceOver(
  before: PhoneState,
  call: Call,
  known: CallEntry | undefined,
  drafted: boolean,
  now: number,
): PhoneState {
  const parked = before.parked.filter((one) => one.call !== call.id);
  const state = { ...before, parked, calls: before.calls.filter((entry) => entry !== known) };
  // One that was never seen was refused at once; the reply to the request says so.
  if (!known && !drafted) return state;
  const cause = call.cause ?? ours('normal_clearing');
  const outcome = known?.outcome ?? null;
  if (known && outcome?.kind === 'parked' && !isFailure({ cause, direction: call.direction })) {
    // Who parked it sees it no longer, and still wants to know where it is.
    const waiting = known.call.state === 'queued' ? null : park(before, known, call, now);
    return waiting ? { ...state, parked: [...parked, waiting].slice(-PARKED_SHOWN) } : state;
  }
  const first = known?.call.consultation_of ?? call.consultation_of ?? before.draft?.consultationOf ?? null;
  if (first !== null && state.calls.some((entry) => entry.call.id === first && entry.call.here)) {
    // The person is still with the first call, so that is where it is said, unless they hung up themselves.
    const own = outcome?.kind === 'joined' || known?.pending === 'clear_connection' || cause.code === 'cancelled';
    if (own || known?.pending === 'reconnect_call') return state;
    const about = call.name || call.shown || before.draft?.number || null;
    return change(state, first, () => ({ notice: { cause, about } }));
  }
  const ended = endOf(call, known, now);
  return ended ? { ...state, ended: remember(state.ended, ended) } : state;
}

function park(state: PhoneState, entry: CallEntry, call: Call, now: number): Parked {
  const earlier = state.parked.find((one) => one.call === call.id);
  const own = state.lines.find(({ id }) => id === call.line)?.number ?? '';
  const asked = entry.outcome?.kind === 'parked' ? entry.outcome.at : null;
  const at = call.parked_at ?? asked ?? earlier?.at ?? own;
  return {
    call: call.id,
    line: call.line,
    at,
    number: call.number,
    shown: call.shown,
    name: call.name,
    since: earlier?.since ?? now,
  };
}

function connectedAt(entry: CallEntry, seen: boolean, call: Call, now: number): number | null {
  if (entry.connectedAt !== null) return entry.connectedAt;
  if (call.connected_at === null) return null;
  return seen ? now : Math.min(call.connected_at, now);
}

/** The summary of a call that is over; none for what was never on this device. */
function endOf(call: Call, known: CallEntry | undefined, now: number): Ended | null {
  const { id, line, direction, number, shown, name } = call;
  const wasHere = call.here || (known?.call.here ?? true);
  if (!wasHere && (!known?.rang || isParked(known.call))) return null;
  const takenElsewhere = !wasHere && known?.call.state === 'connected';
  const cause = takenElsewhere ? ours('answered_elsewhere') : (call.cause ?? ours('normal_clearing'));
  const since = wasHere ? (known?.connectedAt ?? null) : null;
  const duration = since === null ? null : Math.max(0, now - since);
  const to = known?.call.transferring_to ?? null;
  const outcome = isFailure({ cause, direction })
    ? null
    : (known?.outcome ?? (to === null ? null : { kind: 'transferred' as const, to }));
  if (outcome?.kind === 'joined') return null;
  return { id, line, direction, number, shown, name, cause, duration, outcome };
}

function remember(ended: Ended[], one: Ended): Ended[] {
  // A draft given up while the server was already dialling is heard of again as a call.
  const same = (e: Ended) => e.id === one.id || (isDraft(e) && one.direction === 'outgoing' && e.line === one.line);
  return [one, ...ended.filter((e) => !same(e))].slice(0, ENDED_SHOWN);
}

function isDraft(ended: Ended): boolean {
  return ended.id.startsWith(DRAFT);
}

function change(state: PhoneState, id: string, patch: (entry: CallEntry) => Partial<CallEntry>): PhoneState {
  const calls = state.calls.map((entry) => (entry.call.id === id ? { ...entry, ...patch(entry) } : entry));
  return { ...state, calls };
}

function withOutcomes(state: PhoneState, outcomes: Outcomes, to: (outcome: Outcome) => Outcome | null): PhoneState {
  let next = state;
  for (const [id, outcome] of Object.entries(outcomes)) next = change(next, id, () => ({ outcome: to(outcome) }));
  return next;
}
