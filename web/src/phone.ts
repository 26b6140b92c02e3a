/** The softphone: joins the socket, what is known, and the audio of each call. */
import type { Cause, DeclineReason, IceServer, ReplyResult, Request, Service, User } from './generated/protocol';
import { onDeviceChoice } from './media/devices';
import { MicrophoneError } from './media/microphone';
import { Peer } from './media/peer';
import { Peers } from './peers';
import { here, rings } from './protocol/select';
import { ServerSocket, type Link } from './protocol/socket';
import { initial, ours, type CallEntry, type Draft, type PhoneState } from './protocol/state';
import { reduce, type Action, type Outcomes } from './protocol/store';

/** Requests about a call that are answered with a yes or a no. */
type Ask = Extract<Request, { type: Service }>;
/** What is set for a line. */
type Setting = Extract<
  Request,
  { type: 'set_forwarding' | 'cancel_forwarding' | 'set_do_not_disturb' | 'set_remote_office' }
>;

/** What React draws from, and what its buttons do. */
export class Phone {
  #state: PhoneState;
  #listeners = new Set<() => void>();
  #socket: ServerSocket;
  #peers: Peers;
  /** The audio of a call that has no name yet. */
  #draftPeer: { id: number; peer: Peer } | null = null;
  #drafts = 0;
  #iceServers: IceServer[] = [];
  #resumeWithin = 10_000;
  #resumeTimer: ReturnType<typeof setTimeout> | undefined;
  #undo: (() => void)[] = [];

  constructor(user: User, url: string) {
    this.#state = initial(user);
    this.#peers = new Peers({
      audio: (call, audio) => this.#dispatch({ type: 'audio', call, audio }),
      input: () => this.#inputChanged(),
      restart: async (call, sdp) => {
        const result = await this.#socket.request({ type: 'restart_media', call, sdp });
        return result.status === 'media' ? result.sdp : null;
      },
    });
    this.#socket = new ServerSocket(url, {
      link: (link) => this.#linkChanged(link),
      hello: (hello) => {
        clearTimeout(this.#resumeTimer);
        this.#resumeWithin = hello.resume_within_ms;
        this.#iceServers = hello.ice_servers;
        this.#dispatch({ type: 'hello', hello, now: Date.now() });
        this.#clearOrphans();
        // The socket broke, so the path of the audio may have changed, too.
        this.#peers.restartInterrupted();
      },
      message: (message) => {
        switch (message.type) {
          case 'line':
            return this.#dispatch({ type: 'line', line: message.line });
          case 'call':
            return this.#dispatch({ type: 'call', call: message.call, now: Date.now() });
          case 'ice_servers':
            this.#iceServers = message.ice_servers;
            return;
          case 'digit':
            return this.#dispatch({ type: 'digit', call: message.call, digit: message.digit });
        }
      },
    });
    const online = () => {
      this.#socket.retryNow();
      this.#peers.restartInterrupted();
    };
    window.addEventListener('online', online);
    document.addEventListener('visibilitychange', online);
    this.#undo.push(
      () => window.removeEventListener('online', online),
      () => document.removeEventListener('visibilitychange', online),
      onDeviceChoice(() => this.#peers.useChosenDevices()),
    );
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): PhoneState => this.#state;

  /** The microphone's stream of a call here, for a meter. */
  input(call: string): MediaStream | null {
    return this.#peers.get(call)?.input ?? null;
  }

  /** Calls somebody; the server holds what runs here. */
  dial(line: string, number: string): Promise<void> {
    return this.#place({ line, number, consultationOf: null }, (sdp) => ({ type: 'make_call', line, number, sdp }));
  }

  /** Holds a call and asks somebody. */
  consult(call: string, number: string): Promise<void> {
    const line = this.#entry(call)?.call.line ?? '';
    const draft = { line, number, consultationOf: call };
    return this.#place(draft, (sdp) => ({ type: 'consultation_call', call, number, sdp }));
  }

  /** Takes a call that rings, or is parked, at somebody else's number. */
  pickUp(line: string, number: string): Promise<void> {
    const draft = { line, number, consultationOf: null };
    return this.#place(draft, (sdp) => ({ type: 'directed_pickup_call', line, number, sdp }));
  }

  /** Takes a call; the server holds what runs here. */
  async answer(call: string): Promise<void> {
    if (this.#state.calls.some(({ answering }) => answering)) return;
    this.#dispatch({ type: 'answer', call });
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      return this.#dispatch({ type: 'answer_failed', call, cause: causeOf(error) });
    }
    if (!this.#entry(call)) return peer.close();
    if (this.#state.draft) this.hangUpDraft();
    const result = await this.#socket.request({ type: 'answer_call', call, sdp: peer.offer });
    if (result.status !== 'media' || !this.#entry(call)) {
      peer.close();
      const cause = result.status === 'error' ? result.cause : ours('internal');
      return this.#dispatch({ type: 'answer_failed', call, cause });
    }
    this.#peers.keep(call, peer);
    await this.#accept(call, peer, result.sdp);
  }

  decline(call: string, reason: DeclineReason): Promise<void> {
    return this.#ask(call, { type: 'decline_call', call, reason });
  }

  deflect(call: string, number: string): Promise<void> {
    return this.#ask(call, { type: 'deflect_call', call, number }, { [call]: { kind: 'deflected', to: number } });
  }

  async hangUp(call: string): Promise<void> {
    this.#dispatch({ type: 'asked', call, service: 'clear_connection', outcomes: {} });
    const result = await this.#socket.request({ type: 'clear_connection', call });
    const entry = this.#entry(call);
    if (result.status !== 'error' || !entry) return;
    if (!['server_unreachable', 'unknown_call'].includes(result.cause.code)) {
      return this.#dispatch({ type: 'replied', call, cause: result.cause, outcomes: {} });
    }
    // Ends for the person at once; the server is told when it is back, as the call then has no audio here.
    const over = { ...entry.call, state: 'null', cause: ours('normal_clearing') } as const;
    this.#dispatch({ type: 'call', call: over, now: Date.now() });
  }

  /** Gives up a call that the server has not confirmed yet. */
  hangUpDraft(): void {
    const { draft } = this.#state;
    if (!draft) return;
    if (draft.call) return void this.hangUp(draft.call);
    this.#draftPeer?.peer.close();
    this.#dispatch({ type: 'dial_failed', id: draft.id, cause: ours('cancelled') });
  }

  /** Ends a conference for everybody in it. */
  endForAll(call: string): Promise<void> {
    return this.#ask(call, { type: 'clear_call', call });
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
    const line = this.#entry(call)?.call.line;
    const own = this.#state.lines.find(({ id }) => id === line)?.number ?? '';
    const outcomes = { [call]: { kind: 'parked', at: number || own } } as const;
    return this.#ask(call, { type: 'park_call', call, number: number || null }, outcomes);
  }

  /** Sets something for a line; the cause where it is refused. */
  async set(request: Setting): Promise<Cause | null> {
    const result = await this.#socket.request(request);
    return result.status === 'error' ? result.cause : null;
  }

  setMuted(calls: readonly CallEntry[], muted: boolean): void {
    for (const { call } of calls) this.#dispatch({ type: 'muted', call: call.id, muted });
  }

  sendDigit(call: string, digit: string): void {
    const peer = this.#peers.get(call);
    if (!peer) return;
    this.#dispatch({ type: 'sent_digit', call, digit });
    if (!peer.sendDigit(digit)) void this.#socket.request({ type: 'generate_digits', call, digits: digit });
  }

  /** The person has seen the call's notice. */
  seen(call: string): void {
    this.#dispatch({ type: 'seen', call });
  }

  dismiss(ended: string): void {
    this.#dispatch({ type: 'dismiss', ended });
  }

  /** Leaves: the server ends the calls of this device. */
  stop(): void {
    this.#socket.close();
    clearTimeout(this.#resumeTimer);
    for (const undo of this.#undo.splice(0)) undo();
    this.#draftPeer?.peer.close();
    this.#peers.closeAll();
  }

  async #place(draft: Omit<Draft, 'id' | 'call'>, request: (sdp: string) => Request): Promise<void> {
    if (this.#state.draft) return;
    const id = ++this.#drafts;
    this.#dispatch({ type: 'dial', draft: { ...draft, id, call: null } });
    const wanted = () => this.#state.draft?.id === id;
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      return this.#dispatch({ type: 'dial_failed', id, cause: causeOf(error) });
    }
    if (!wanted()) return peer.close();
    this.#draftPeer = { id, peer };
    const result = await this.#socket.request(request(peer.offer));
    this.#draftPeer = null;
    if (result.status !== 'media') {
      peer.close();
      return this.#dispatch({ type: 'dial_failed', id, cause: causeIn(result) ?? ours('internal') });
    }
    if (!wanted()) {
      peer.close();
      return void this.#socket.request({ type: 'clear_connection', call: result.call });
    }
    this.#peers.keep(result.call, peer);
    this.#dispatch({ type: 'dial_placed', id, call: result.call });
    await this.#accept(result.call, peer, result.sdp);
  }

  /** One request at a time for a call: a second press would ask for something else than the person saw. */
  async #ask(call: string, request: Ask, outcomes: Outcomes = {}): Promise<void> {
    const entry = this.#entry(call);
    if (!entry || entry.pending !== null) return;
    this.#dispatch({ type: 'asked', call, service: request.type, outcomes });
    const result = await this.#socket.request(request);
    this.#dispatch({ type: 'replied', call, cause: causeIn(result), outcomes });
  }

  #linkChanged(link: Link): void {
    if (link === 'reconnecting' && this.#state.link === 'online') {
      this.#resumeTimer = setTimeout(
        () => this.#dispatch({ type: 'resume_expired', now: Date.now() }),
        this.#resumeWithin,
      );
    }
    this.#dispatch({ type: 'link', link });
  }

  #entry(call: string): CallEntry | undefined {
    return this.#state.calls.find((entry) => entry.call.id === call);
  }

  #name(call: string): string {
    const known = this.#entry(call)?.call;
    return known?.name || known?.number || '';
  }

  async #accept(call: string, peer: Peer, sdp: string): Promise<void> {
    try {
      await peer.accept(sdp);
    } catch {
      await this.hangUp(call);
    }
  }

  /** A reply that was lost with the socket leaves a call here without audio; nobody could use it. */
  #clearOrphans(): void {
    for (const { call } of here(this.#state)) {
      if (call.here && !this.#peers.get(call.id)) void this.hangUp(call.id);
    }
  }

  #dispatch(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    for (const { call } of before.calls) {
      const now = this.#entry(call.id);
      // Parked, or rung out to another device: the call is still seen, its audio is not here.
      const gone = !now || (call.here && !now.call.here && !rings(now.call));
      if (gone) this.#peers.close(call.id);
    }
    if (before.draft?.call && this.#state.draft === null && !this.#entry(before.draft.call)) {
      this.#peers.close(before.draft.call);
    }
    this.#peers.hush(this.#state.calls);
    this.#notify();
  }

  /** The meters must be drawn again though no call changed. */
  #inputChanged(): void {
    this.#state = { ...this.#state };
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function causeIn(result: ReplyResult): Cause | null {
  return result.status === 'error' ? result.cause : null;
}

function causeOf(error: unknown): Cause {
  if (error instanceof MicrophoneError) return ours(error.code);
  return { ...ours('media_not_connected'), detail: error instanceof Error ? error.message : null };
}
