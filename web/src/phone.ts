/** The softphone: joins the socket, what is known, and the audio of each call. */
import type { ChosenFields } from './dialling';
import type { Cause, IceServer, Prompt, ReplyResult, Request, User } from './generated/protocol';
import { onDeviceChoice } from './media/devices';
import { MicrophoneError } from './media/microphone';
import { Peer } from './media/peer';
import { keepMuted, keptMuted } from './muted';
import { Peers } from './peers';
import { here, rings } from './protocol/select';
import { ServerSocket, type Link, type SocketEvents } from './protocol/socket';
import { initial, ours, type Draft, type PhoneState } from './protocol/state';
import { reduce, type Action } from './protocol/store';
import { causeIn, Services } from './services';
import { keepToken, takeToken } from './token';

/** What React draws from, and what its buttons do. */
export class Phone extends Services {
  #state: PhoneState;
  #listeners = new Set<() => void>();
  #socket: ServerSocket;
  #peers: Peers;
  /** The audio of a call that has no name yet. */
  #draftPeer: { id: number; peer: Peer } | null = null;
  #drafts = 0;
  /** Calls that a reply on its way brings audio for; requests on their way for calls that have no name yet. */
  #answering = new Set<string>();
  #placing = 0;
  /** A call was given up before the server had named it, and it is not known whether it has been placed. */
  #givenUp = false;
  /** Calls that are being given new audio. */
  #adopting = new Set<string>();
  /** Calls that the person has ended and the server may not know of yet. */
  #cleared = new Set<string>();
  /** The calls that are muted, as they are kept over a reload. */
  #muted: readonly string[] = keptMuted();
  #iceServers: IceServer[] = [];
  #resumeWithin = 10_000;
  #resumeTimer: ReturnType<typeof setTimeout> | undefined;
  #undo: (() => void)[] = [];

  constructor(user: User, url: string) {
    super();
    this.#state = initial(user);
    this.#peers = new Peers({
      audio: (call, audio) => this.dispatch({ type: 'audio', call, audio }),
      input: () => this.#inputChanged(),
      restart: async (call, sdp) => {
        const result = await this.#socket.request({ type: 'restart_media', call, sdp });
        return result.status === 'media' ? result.sdp : null;
      },
    });
    const events: SocketEvents = {
      link: (link) => this.#linkChanged(link),
      hello: (hello) => {
        clearTimeout(this.#resumeTimer);
        this.#resumeWithin = hello.resume_within_ms;
        this.#iceServers = hello.ice_servers;
        // Another server, or the same one started anew: its ids count from the beginning.
        if (!hello.resumed) this.#cleared.clear();
        const muted = hello.resumed ? this.#muted : [];
        this.dispatch({ type: 'hello', hello, muted, now: Date.now() });
        for (const call of this.#cleared) void this.#clear(call);
        for (const { call } of here(this.#state)) this.#adoptOrphan(call.id);
        // The socket broke, so the path of the audio may have changed, too.
        this.#peers.restartInterrupted();
      },
      message: (message) => {
        switch (message.type) {
          case 'line':
            return this.dispatch({ type: 'line', line: message.line });
          case 'monitored_line':
            return this.dispatch({ type: 'monitored_line', line: message.line });
          case 'unmonitored_line':
            return this.dispatch({ type: 'unmonitored_line', line: message.line });
          case 'account':
            return this.dispatch({ type: 'account', account: message.account });
          case 'call':
            this.dispatch({ type: 'call', call: message.call, now: Date.now() });
            return this.#adoptOrphan(message.call.id);
          case 'ice_servers':
            this.#iceServers = message.ice_servers;
            return;
          case 'digit':
            return this.dispatch({ type: 'digit', call: message.call, digit: message.digit });
          case 'prompt':
            return void this.#perform(message.prompt);
        }
      },
    };
    this.#socket = new ServerSocket(url, events, takeToken());
    const online = () => {
      this.#socket.retryNow();
      this.#peers.restartInterrupted();
    };
    window.addEventListener('online', online);
    document.addEventListener('visibilitychange', online);
    const gone = () => keepToken(this.#socket.token);
    window.addEventListener('pagehide', gone);
    this.#undo.push(
      () => window.removeEventListener('pagehide', gone),
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
  dial(line: string, number: string, chosen: ChosenFields = {}): Promise<void> {
    const draft = { line, number, consultationOf: null };
    return this.#place(draft, (sdp) => ({ type: 'make_call', line, number, sdp, ...chosen }));
  }

  /** Holds a call and asks somebody. */
  consult(call: string, number: string, chosen: ChosenFields = {}): Promise<void> {
    const line = this.entry(call)?.call.line ?? '';
    const draft = { line, number, consultationOf: call };
    return this.#place(draft, (sdp) => ({ type: 'consultation_call', call, number, sdp, ...chosen }));
  }

  /** Takes a call that rings, or is parked, at somebody else's number. */
  pickUp(line: string, number: string): Promise<void> {
    const draft = { line, number, consultationOf: null };
    return this.#place(draft, (sdp) => ({ type: 'directed_pickup_call', line, number, sdp }));
  }

  /** Takes a call; the server holds what runs here. */
  async answer(call: string): Promise<void> {
    if (this.#state.calls.some(({ answering }) => answering)) return;
    this.dispatch({ type: 'answer', call });
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      // An administrator who looks for the reason finds it in the call's trace.
      const cause = error instanceof MicrophoneError ? error.code : null;
      if (cause) void this.#socket.request({ type: 'media_trouble', call, cause });
      return this.dispatch({ type: 'answer_failed', call, cause: causeOf(error) });
    }
    if (!this.entry(call)) return peer.close();
    if (this.#state.draft) this.hangUpDraft();
    this.#answering.add(call);
    const result = await this.#socket.request({ type: 'answer_call', call, sdp: peer.offer });
    this.#answering.delete(call);
    if (result.status !== 'media' || !this.entry(call)) {
      peer.close();
      const cause = result.status === 'error' ? result.cause : ours('internal');
      return this.dispatch({ type: 'answer_failed', call, cause });
    }
    this.#keep(call, peer);
    await this.#accept(call, peer, result.sdp);
  }

  async hangUp(call: string): Promise<void> {
    this.dispatch({ type: 'asked', call, service: 'clear_connection', outcomes: {} });
    const result = await this.#clear(call);
    const entry = this.entry(call);
    if (result.status !== 'error' || !entry) return;
    if (!['server_unreachable', 'unknown_call'].includes(result.cause.code)) {
      return this.dispatch({ type: 'replied', call, cause: result.cause, outcomes: {} });
    }
    // Ends for the person at once; the server is told when it is back.
    const over = { ...entry.call, state: 'null', cause: ours('normal_clearing') } as const;
    this.dispatch({ type: 'call', call: over, now: Date.now() });
  }

  /** Gives up a call that the server has not confirmed yet. */
  hangUpDraft(): void {
    const { draft } = this.#state;
    if (!draft) return;
    if (draft.call) return void this.hangUp(draft.call);
    this.#draftPeer?.peer.close();
    this.dispatch({ type: 'dial_failed', id: draft.id, cause: ours('cancelled') });
  }

  /** Mutes a call, and its conference. */
  setMuted(call: string, muted: boolean): void {
    this.dispatch({ type: 'muted', call, muted });
  }

  sendDigit(call: string, digit: string): void {
    const peer = this.#peers.get(call);
    if (!peer) return;
    this.dispatch({ type: 'sent_digit', call, digit });
    if (!peer.sendDigit(digit)) void this.#socket.request({ type: 'generate_digits', call, digits: digit });
  }

  /** The person has seen the call's notice. */
  seen(call: string): void {
    this.dispatch({ type: 'seen', call });
  }

  dismiss(ended: string): void {
    this.dispatch({ type: 'dismiss', ended });
  }

  /** Leaves: the server ends the calls of this device. */
  stop(): void {
    this.#socket.close();
    clearTimeout(this.#resumeTimer);
    for (const undo of this.#undo.splice(0)) undo();
    this.#draftPeer?.peer.close();
    this.#peers.closeAll();
  }

  /** Somebody asked elsewhere for what needs the audio of this device. */
  #perform(prompt: Prompt): Promise<void> {
    switch (prompt.type) {
      case 'make_call':
        return this.dial(prompt.line, prompt.number, chosenIn(prompt));
      case 'answer_call':
        return this.answer(prompt.call);
      case 'consultation_call':
        return this.consult(prompt.call, prompt.number, chosenIn(prompt));
      case 'directed_pickup_call':
        return this.pickUp(prompt.line, prompt.number);
    }
  }

  async #place(draft: Omit<Draft, 'id' | 'call'>, request: (sdp: string) => Request): Promise<void> {
    if (this.#state.draft) return;
    const id = ++this.#drafts;
    this.dispatch({ type: 'dial', draft: { ...draft, id, call: null } });
    const wanted = () => this.#state.draft?.id === id;
    this.#givenUp = false;
    let peer: Peer;
    try {
      peer = await Peer.open(this.#iceServers);
    } catch (error) {
      return this.dispatch({ type: 'dial_failed', id, cause: causeOf(error) });
    }
    if (!wanted()) return peer.close();
    this.#draftPeer = { id, peer };
    this.#placing += 1;
    const result = await this.#socket.request(request(peer.offer));
    this.#placing -= 1;
    this.#draftPeer = null;
    if (result.status !== 'media') {
      peer.close();
      this.#givenUp = !wanted() && isUnreachable(result);
      // Without audio here: the server calls by way of the user's other telephone.
      const otherwise = ours(result.status === 'ok' ? 'remote_office' : 'internal');
      return this.dispatch({ type: 'dial_failed', id, cause: causeIn(result) ?? otherwise });
    }
    if (!wanted()) {
      peer.close();
      return void this.#clear(result.call);
    }
    this.#keep(result.call, peer);
    this.dispatch({ type: 'dial_placed', id, call: result.call });
    await this.#accept(result.call, peer, result.sdp);
  }

  protected override request(request: Request): Promise<ReplyResult> {
    return this.#socket.request(request);
  }

  #linkChanged(link: Link): void {
    if (link === 'reconnecting' && this.#state.link === 'online') {
      this.#resumeTimer = setTimeout(() => {
        // What is forgotten here must come back whole, and as muted as it was.
        this.#socket.forget();
        this.dispatch({ type: 'resume_expired', now: Date.now() });
      }, this.#resumeWithin);
    }
    this.dispatch({ type: 'link', link });
  }

  #keep(call: string, peer: Peer): void {
    this.#peers.keep(call, peer);
    this.#peers.hush(this.#state.calls);
  }

  async #accept(call: string, peer: Peer, sdp: string): Promise<void> {
    try {
      await peer.accept(sdp);
    } catch {
      await this.hangUp(call);
    }
  }

  /** Ends a call at the server; where that is away, once it is back. */
  async #clear(call: string): Promise<ReplyResult> {
    this.#cleared.add(call);
    const result = await this.#socket.request({ type: 'clear_connection', call });
    if (!isUnreachable(result)) this.#cleared.delete(call);
    return result;
  }

  /** A call here without audio: the page was loaded anew, or a reply was lost with the socket. */
  #adoptOrphan(call: string): void {
    const known = this.entry(call)?.call;
    if (!known?.here || this.#peers.get(call)) return;
    const expected = this.#placing > 0 || this.#answering.has(call) || this.#adopting.has(call);
    if (expected || this.#cleared.has(call)) return;
    if (this.#givenUp && known.direction === 'outgoing') {
      this.#givenUp = false;
      return void this.hangUp(call);
    }
    this.#adopting.add(call);
    void this.#adopt(call).finally(() => this.#adopting.delete(call));
  }

  /** Gives a call new audio; ends it where that cannot be had, as nobody could use it. */
  async #adopt(call: string): Promise<void> {
    const peer = await Peer.open(this.#iceServers).catch(() => null);
    if (!peer) return this.hangUp(call);
    const result = await this.#socket.request({ type: 'restart_media', call, sdp: peer.offer });
    if (result.status !== 'media') {
      peer.close();
      // Where the socket is gone again, it is adopted when that is back.
      return isUnreachable(result) ? undefined : this.hangUp(call);
    }
    if (!this.entry(call)?.call.here) return peer.close();
    this.#keep(call, peer);
    await this.#accept(call, peer, result.sdp);
  }

  protected override dispatch(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    for (const { call } of before.calls) {
      const now = this.entry(call.id);
      // Parked, or rung out to another device: the call is still seen, its audio is not here.
      const gone = !now || (call.here && !now.call.here && !rings(now.call));
      if (gone) this.#peers.close(call.id);
    }
    if (before.draft?.call && this.#state.draft === null && !this.entry(before.draft.call)) {
      this.#peers.close(before.draft.call);
    }
    this.#peers.hush(this.#state.calls);
    // Before the first hello the calls of the page before this one are not there yet.
    if (['hello', 'call', 'muted'].includes(action.type)) this.#keepMuted();
    this.#notify();
  }

  #keepMuted(): void {
    const muted = this.#state.calls.filter((entry) => entry.muted).map(({ call }) => call.id);
    if (muted.join() === this.#muted.join()) return;
    this.#muted = muted;
    keepMuted(muted);
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

/** What was chosen where it was asked for. */
function chosenIn({ project, private: isPrivate }: { project: string | null; private: boolean }): ChosenFields {
  return { ...(project !== null && { project }), ...(isPrivate && { private: true }) };
}

/** Whether it is not known what became of a request. */
function isUnreachable(result: ReplyResult): boolean {
  return causeIn(result)?.code === 'server_unreachable';
}

function causeOf(error: unknown): Cause {
  if (error instanceof MicrophoneError) return ours(error.code);
  return { ...ours('media_not_connected'), detail: error instanceof Error ? error.message : null };
}
