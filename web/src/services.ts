/** What can be asked for without new audio: services that are answered with a yes or a no. */
import type { Answer, Question } from './dialling';
import type { Cause, DeclineReason, ReplyResult, Request, Service } from './generated/protocol';
import type { CallEntry, PhoneState } from './protocol/state';
import type { Action, Outcomes } from './protocol/store';

/** Requests about a call that are answered with a yes or a no. */
type Ask = Extract<Request, { type: Service }>;
/** What is set for a line. */
type Setting = Extract<
  Request,
  { type: 'set_forwarding' | 'cancel_forwarding' | 'set_do_not_disturb' | 'set_remote_office' }
>;

export abstract class Services {
  abstract readonly snapshot: () => PhoneState;

  protected abstract request(request: Request): Promise<ReplyResult>;
  protected abstract dispatch(action: Action): void;

  decline(call: string, reason: DeclineReason): Promise<void> {
    return this.#ask(call, { type: 'decline_call', call, reason });
  }

  deflect(call: string, number: string): Promise<void> {
    return this.#ask(call, { type: 'deflect_call', call, number }, { [call]: { kind: 'deflected', to: number } });
  }

  /** Ends a conference for everybody in it. */
  endForAll(call: string): Promise<void> {
    return this.#ask(call, { type: 'clear_call', call });
  }

  /** Lets one of a conference go; the others stay together. */
  removeFromConference(call: string): Promise<void> {
    return this.#ask(call, { type: 'clear_connection', call, remote: true });
  }

  hold(call: string): Promise<void> {
    return this.#ask(call, { type: 'hold_call', call });
  }

  retrieve(call: string): Promise<void> {
    return this.#ask(call, { type: 'retrieve_call', call });
  }

  swap(active: string, held: string): Promise<void> {
    return this.#ask(active, { type: 'alternate_call', active, held });
  }

  /** Ends one call and goes back to the other. */
  reconnect(active: string, held: string): Promise<void> {
    return this.#ask(active, { type: 'reconnect_call', active, held });
  }

  /** Brings those of both calls together and leaves. */
  transfer(active: string, held: string): Promise<void> {
    const to = this.#name(active);
    const outcomes = { [active]: { kind: 'joined' }, [held]: { kind: 'transferred', to } } as const;
    return this.#ask(active, { type: 'transfer_call', active, held }, outcomes);
  }

  /** Transfers without asking first. */
  transferTo(call: string, number: string): Promise<void> {
    const outcomes = { [call]: { kind: 'transferred', to: number } } as const;
    return this.#ask(call, { type: 'single_step_transfer_call', call, number }, outcomes);
  }

  conference(active: string, held: string): Promise<void> {
    return this.#ask(active, { type: 'conference_call', active, held });
  }

  /** @param number where; the own line where it is empty. */
  park(call: string, number: string): Promise<void> {
    const line = this.entry(call)?.call.line;
    const own = this.snapshot().lines.find(({ id }) => id === line)?.number ?? '';
    const outcomes = { [call]: { kind: 'parked', at: number || own } } as const;
    return this.#ask(call, { type: 'park_call', call, number: number || null }, outcomes);
  }

  /** Sets something for a line; the cause where it is refused. */
  async set(request: Setting): Promise<Cause | null> {
    const result = await this.request(request);
    return result.status === 'error' ? result.cause : null;
  }

  /** How a number would be dialled. */
  readonly preview = async (question: Question): Promise<Answer> => {
    const result = await this.request(question);
    if (result.status === 'preview') return result.preview && { preview: result.preview, cause: null };
    return result.status === 'error' ? { preview: null, cause: result.cause } : null;
  };

  protected entry(call: string): CallEntry | undefined {
    return this.snapshot().calls.find((entry) => entry.call.id === call);
  }

  /** One request at a time for a call: a second press would ask for something else than the person saw. */
  async #ask(call: string, request: Ask, outcomes: Outcomes = {}): Promise<void> {
    const entry = this.entry(call);
    if (!entry || entry.pending !== null) return;
    this.dispatch({ type: 'asked', call, service: request.type, outcomes });
    const result = await this.request(request);
    this.dispatch({ type: 'replied', call, cause: causeIn(result), outcomes });
  }

  #name(call: string): string {
    const known = this.entry(call)?.call;
    return known?.name || known?.shown || '';
  }
}

export function causeIn(result: ReplyResult): Cause | null {
  return result.status === 'error' ? result.cause : null;
}
