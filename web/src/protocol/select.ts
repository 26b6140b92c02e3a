/** Questions to the state: which calls there are, and what can be done with them. */
import type { Account, Call, CauseCode, Line, Service } from '../generated/protocol';
import type { ServiceRight } from '../generated/site';
import type { CallEntry, Ended, PhoneState } from './state';

/** One call, or those of a conference. Never empty; commands go to any of its calls that offers them. */
export type Conversation = readonly [CallEntry, ...CallEntry[]];

/** Whether it can still be answered here. A call that comes back from being parked rings whoever began it. */
export function rings(call: Call): boolean {
  return call.state === 'alerting' && !call.here && call.cause?.code !== 'answered_elsewhere';
}

/** Whether it waits, parked, for somebody. */
export function isParked(call: Call): boolean {
  return call.state === 'queued' && !call.here;
}

export function isOver(call: Call): boolean {
  return call.state === 'null' || call.state === 'failed';
}

/** Incoming calls that this device can answer. */
export function ringing(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call, answering }) => rings(call) && !answering);
}

/** Calls whose audio is, or is about to be, on this device. */
export function here(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call, answering }) => call.here || answering);
}

/** Calls of this user whose audio is on another device. */
export function elsewhere(state: PhoneState): CallEntry[] {
  return state.calls.filter(({ call }) => !call.here && !rings(call) && !isParked(call));
}

/** Whether leaving the page would end something. */
export function inCall(state: PhoneState): boolean {
  return state.draft !== null || here(state).length > 0;
}

/** Whether it waits: held by the user, or on its way to somebody else. */
export function waits({ call, answering }: CallEntry): boolean {
  if (answering) return false;
  return call.state === 'held' || call.state === 'queued' || call.transferring_to !== null;
}

/** The conversations on this device: the one that is not held first, then the others, the latest held first. */
export function conversations(state: PhoneState): Conversation[] {
  const left = here(state);
  const found: Conversation[] = [];
  for (const entry of left) {
    if (found.some((members) => members.includes(entry))) continue;
    const others = left.filter((other) => other !== entry && together(entry, other));
    const members = [entry, ...others].sort((one, other) => Number(waits(one)) - Number(waits(other)));
    found.push([members[0] ?? entry, ...members.slice(1)]);
  }
  // With two at a time, for as long as the server has not told of the hold, the later one counts.
  const rank = ([entry]: Conversation) => (waits(entry) ? (entry.heldAt ?? 0) : Infinity);
  const order = (one: Conversation, other: Conversation) =>
    rank(one) === rank(other) ? other[0].call.created_at - one[0].call.created_at : rank(other) - rank(one);
  return found.sort(order);
}

/** The conversation that the person has now; none while all are held. */
export function active(state: PhoneState): Conversation | null {
  return conversations(state).find((one) => !waits(one[0])) ?? null;
}

/** The held call that transfer, conference and swap mean beside this conversation: the one it was made for, or the only one. */
export function partnerOf(state: PhoneState, conversation: Conversation): CallEntry | null {
  if (waits(conversation[0])) return null;
  const held = conversations(state).filter((other) => other[0] !== conversation[0] && waits(other[0]));
  const asked = held.flat().find(({ call }) => conversation.some((entry) => entry.call.consultation_of === call.id));
  if (asked) return asked;
  return held.length === 1 ? (held[0]?.[0] ?? null) : null;
}

/** The call of a conversation that takes this service now; none where the server does not offer it. */
export function offers(conversation: Conversation, service: Service): CallEntry | null {
  return conversation.find(({ call }) => call.services.includes(service)) ?? null;
}

/** Whether a request about it is on its way. */
export function isPending(conversation: Conversation): boolean {
  return conversation.some(({ pending, answering }) => pending !== null || answering);
}

/** Whether the microphone must not reach the other side: muted, or held, or about to be. */
export function isSilent({ call, muted, pending }: CallEntry): boolean {
  const leaving: Service[] = ['hold_call', 'alternate_call', 'consultation_call', 'park_call', 'transfer_call'];
  return muted || call.state === 'held' || call.state === 'queued' || (pending !== null && leaving.includes(pending));
}

/** Whether the two sides hear each other. */
export function isConnected({ call }: CallEntry): boolean {
  return call.state === 'connected' && (call.remote_state === 'connected' || call.remote_state === 'held');
}

/** Whether the user may use something, as far as the server has told. */
export function has(account: Account | null, service: ServiceRight): boolean {
  return account?.services.includes(service) ?? true;
}

/** Whether calls can leave by the line. */
export function isUsable(line: Line): boolean {
  return line.state === 'registered' || line.state === 'ready';
}

/** Lines that can place a call. */
export function usableLines(state: PhoneState): Line[] {
  return state.lines.filter(isUsable);
}

/** The chosen line; else one that works. */
export function lineFor(state: PhoneState, chosen: string): Line | undefined {
  return state.lines.find(({ id }) => id === chosen) ?? usableLines(state)[0] ?? state.lines[0];
}

/** Whether the person must be told that something went wrong, rather than that a call is over. */
export function isFailure({ cause, direction }: Pick<Ended, 'cause' | 'direction'>): boolean {
  const usual: CauseCode[] = ['normal_clearing', 'cancelled', 'answered_elsewhere', 'caller_hung_up'];
  // It goes on without the person here, or at the person's other telephone.
  const elsewhere: CauseCode[] = ['transferred', 'diverted', 'picked_up', 'remote_office'];
  // Of a caller, these say what the person here did or did not do.
  const chosen: CauseCode[] = direction === 'incoming' ? ['declined', 'busy', 'no_answer'] : [];
  return ![...usual, ...elsewhere, ...chosen].includes(cause.code);
}

/** Whether somebody called and reached nobody. */
export function isMissed({ cause, direction, duration, outcome }: Ended): boolean {
  const codes: CauseCode[] = ['caller_hung_up', 'no_answer', 'normal_clearing'];
  return direction === 'incoming' && duration === null && outcome === null && codes.includes(cause.code);
}

/** Whether they are in one conference. */
export function together(one: CallEntry, other: CallEntry): boolean {
  return one.call.conference.includes(other.call.id) || other.call.conference.includes(one.call.id);
}
