/** The softphone: joins the socket, what is known, and the audio of each call. */
import type { Cause, DeclineReason, IceServer, User } from './generated/protocol';
import { onDeviceChoice } from './media/devices';
import { MicrophoneError } from './media/microphone';
import { Peer } from './media/peer';
import { ServerSocket, type Link } from './protocol/socket';
import { here, initial, ours, reduce, type Action, type PhoneState } from './protocol/store';

/** A path that is broken for this long, in ms, is given up for another. */
const RESTART_AFTER = 1000;

/** What React draws from, and what its buttons do. */
export class Phone {
  #state: PhoneState;
  #listeners = new Set<() => void>();
  #socket: ServerSocket;
  #peers = new Map<string, Peer>();
  /** The audio of a call that has no name yet. */
  #draftPeer: { id: number; peer: Peer } | null = null;
  #drafts = 0;
  #iceServers: IceServer[] = [];
  #resumeWithin = 10_000;
  #resumeTimer: ReturnType<typeof setTimeout> | undefined;
  #undo: (() => void)[] = [];

  constructor(user: User, url: string) {
    this.#state = initial(user);
    this.#socket = new ServerSocket(url, {
      link: (link) => this.#linkChanged(link),
      hello: (hello) => {
        clearTimeout(this.#resumeTimer);
        this.#resumeWithin = hello.resume_within_ms;
        this.#iceServers = hello.ice_servers;
        this.#dispatch({ type: 'hello', hello, now: Date.now() });
        this.#clearOrphans();
        // The socket broke, so the path of the audio may have changed, too.
        this.#restartInterrupted();
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
      this.#restartInterrupted();
    };
    window.addEventListener('online', online);
    document.addEventListener('visibilitychange', online);
    this.#undo.push(
      () => window.removeEventListener('online', online),
      () => document.removeEventListener('visibilitychange', online),
      onDeviceChoice(() => {
        for (const peer of this.#peers.values()) void peer.useChosenDevices();
      }),
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

  async dial(line: string, number: string): Promise<void> {
    if (this.#state.draft || here(this.#state).length > 0) return;
    const id = ++this.#drafts;
    this.#dispatch({ type: 'dial', draft: { id, line, number, call: null } });
    const wanted = () => this.#state.draft?.id === id;
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      return this.#dispatch({ type: 'dial_failed', id, cause: causeOf(error) });
    }
    if (!wanted()) return peer.close();
    this.#draftPeer = { id, peer };
    const result = await this.#socket.request({ type: 'make_call', line, number, sdp: peer.offer });
    this.#draftPeer = null;
    if (result.status !== 'media') {
      peer.close();
      const cause = result.status === 'error' ? result.cause : ours('internal');
      return this.#dispatch({ type: 'dial_failed', id, cause });
    }
    if (!wanted()) {
      peer.close();
      return void this.#socket.request({ type: 'clear_connection', call: result.call });
    }
    this.#keep(result.call, peer);
    this.#dispatch({ type: 'dial_placed', id, call: result.call });
    await this.#accept(result.call, peer, result.sdp);
  }

  /** Takes a call; what runs here is ended first, as there is no hold. */
  async answer(call: string): Promise<void> {
    const others = here(this.#state).filter((entry) => entry.call.id !== call);
    if (others.some(({ answering }) => answering)) return;
    this.#dispatch({ type: 'answer', call });
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      return this.#dispatch({ type: 'answer_failed', call, cause: causeOf(error) });
    }
    if (!this.#has(call)) return peer.close();
    if (this.#state.draft) this.hangUpDraft();
    await Promise.all(others.map((entry) => this.hangUp(entry.call.id)));
    const result = await this.#socket.request({ type: 'answer_call', call, sdp: peer.offer });
    if (result.status !== 'media' || !this.#has(call)) {
      peer.close();
      const cause = result.status === 'error' ? result.cause : ours('internal');
      return this.#dispatch({ type: 'answer_failed', call, cause });
    }
    this.#keep(call, peer);
    await this.#accept(call, peer, result.sdp);
  }

  async decline(call: string, reason: DeclineReason): Promise<void> {
    await this.#socket.request({ type: 'decline_call', call, reason });
  }

  async hangUp(call: string): Promise<void> {
    const result = await this.#socket.request({ type: 'clear_connection', call });
    const entry = this.#state.calls.find((known) => known.call.id === call);
    if (result.status !== 'error' || !entry) return;
    if (!['server_unreachable', 'unknown_call'].includes(result.cause.code)) return;
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

  setMuted(call: string, muted: boolean): void {
    this.#peers.get(call)?.setMuted(muted);
    this.#dispatch({ type: 'muted', call, muted });
  }

  sendDigit(call: string, digit: string): void {
    const peer = this.#peers.get(call);
    if (!peer) return;
    this.#dispatch({ type: 'sent_digit', call, digit });
    if (!peer.sendDigit(digit)) void this.#socket.request({ type: 'generate_digits', call, digits: digit });
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
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
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

  #has(call: string): boolean {
    return this.#state.calls.some((entry) => entry.call.id === call);
  }

  #keep(call: string, peer: Peer): void {
    this.#peers.get(call)?.close();
    this.#peers.set(call, peer);
    peer.onInput = () => this.#inputChanged();
    peer.onAudio = (audio) => {
      this.#dispatch({ type: 'audio', call, audio });
      if (audio === 'interrupted') setTimeout(() => this.#restart(call, peer), RESTART_AFTER);
    };
  }

  /** Brings the audio of a call to another path where the old one is still broken. */
  #restart(call: string, peer: Peer): void {
    if (this.#peers.get(call) !== peer || peer.audio !== 'interrupted') return;
    void peer.restart(async (sdp) => {
      const result = await this.#socket.request({ type: 'restart_media', call, sdp });
      return result.status === 'media' ? result.sdp : null;
    });
  }

  #restartInterrupted(): void {
    for (const [call, peer] of this.#peers) this.#restart(call, peer);
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
      if (call.here && !this.#peers.has(call.id)) void this.hangUp(call.id);
    }
  }

  #dispatch(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    for (const { call } of before.calls) if (!this.#has(call.id)) this.#closePeer(call.id);
    if (before.draft?.call && this.#state.draft === null && !this.#has(before.draft.call)) {
      this.#closePeer(before.draft.call);
    }
    this.#notify();
  }

  /** The meters must be drawn again though no call changed. */
  #inputChanged(): void {
    this.#state = { ...this.#state };
    this.#notify();
  }

  #closePeer(call: string): void {
    this.#peers.get(call)?.close();
    this.#peers.delete(call);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function causeOf(error: unknown): Cause {
  if (error instanceof MicrophoneError) return ours(error.code);
  return { ...ours('media_not_connected'), detail: error instanceof Error ? error.message : null };
}
