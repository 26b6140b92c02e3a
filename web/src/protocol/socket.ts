/** The WebSocket to the server: requests with replies, and a connection that comes back by itself. */
import type { Cause, CauseCode, Hello, ReplyResult, Request, ServerMessage } from '../generated/protocol';

/** The protocol this app speaks. */
export const PROTOCOL_VERSION = 1;

/** Whether requests can be made. `signed_out` and `outdated` are final. */
export type Link =
  'connecting' | 'online' | 'reconnecting' | 'crowded' | 'not_given' | 'signed_out' | 'outdated' | 'closed';

/** Where the socket reports to. */
export interface SocketEvents {
  link(link: Link): void;
  hello(hello: Hello): void;
  message(event: ServerEvent): void;
}

/** What the server tells unasked, numbered. */
export type ServerEvent = Exclude<ServerMessage, { type: 'hello' | 'reply' | 'picture' }>;

/** Pauses before each further attempt, in ms; the last one repeats. */
const BACKOFF = [250, 500, 1000, 2000, 5000];
/** An attempt that takes longer than this, in ms, is given up. */
const CONNECT_WITHIN = 8000;
const PING_EVERY = 10_000;
const REPLY_WITHIN = 15_000;
/** Shorter than the time the server keeps calls for, so that a dead path is left in time to resume. */
const PONG_WITHIN = 4000;
const CLOSE_NOT_SIGNED_IN = 4401;
/** Tells the server that the page did not leave: it keeps the calls. */
const CLOSE_SILENT = 4000;
const CLOSE_LEFT = 1000;

/** What an answer to `hello` makes of the link. */
const REFUSALS: Partial<Record<CauseCode, Link>> = { too_many_clients: 'crowded', web_app_not_given: 'not_given' };

const unreachable: ReplyResult = {
  status: 'error',
  cause: { code: 'server_unreachable', sip_status: null, detail: null } satisfies Cause,
};

/** A connection to the server until {@link ServerSocket.close}. */
export class ServerSocket {
  #socket: WebSocket | null = null;
  #link: Link = 'connecting';
  #resume: string | null;
  /** The number of the last event seen; null while nothing is known. */
  #seen: number | null = null;
  #attempt = 0;
  /** Why the server lets nobody in, where it has said so: it is asked again. */
  #refused: Link | null = null;
  #id = 0;
  #pending = new Map<number, (result: ReplyResult) => void>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
    /** What {@link ServerSocket.token} was before the page was loaded anew. */
    resume: string | null = null,
  ) {
    this.#resume = resume;
    this.#open();
  }

  /** Proves to the server, for a while after this page is gone, to be the same client. */
  get token(): string | null {
    return this.#resume;
  }

  /** Asks the server for something. Never rejects: a lost connection is an error result. */
  request(request: Request): Promise<ReplyResult> {
    const socket = this.#socket;
    if (this.#link !== 'online' || !socket) return Promise.resolve(unreachable);
    return this.#send(socket, request, REPLY_WITHIN);
  }

  /** The server is to say once more all there is, not only what has happened since. */
  forget(): void {
    this.#seen = null;
    // What was asked on a socket that is just coming up is the old question.
    if (this.#isAway && this.#socket) this.#lost(this.#socket);
  }

  /** Tries again now rather than after the pause, for example when the network came back. */
  retryNow(): void {
    if (!this.#isAway || this.#socket) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  /** Leaves on purpose: the server ends this client's calls. */
  close(): void {
    this.#end('closed', CLOSE_LEFT);
  }

  /** Whether it is on its way back. */
  get #isAway(): boolean {
    return ['reconnecting', 'crowded', 'not_given'].includes(this.#link);
  }

  #open(): void {
    this.#refused = null;
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#watch = setTimeout(() => this.#lost(socket), CONNECT_WITHIN);
    socket.onopen = () => {
      const since = this.#seen === null ? {} : { since: this.#seen };
      const hello: Request = { type: 'hello', version: PROTOCOL_VERSION, resume: this.#resume, ...since };
      socket.send(JSON.stringify({ id: ++this.#id, ...hello }));
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#receive(socket, String(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      if (event.code === CLOSE_NOT_SIGNED_IN) this.#end('signed_out');
      else this.#lost(socket);
    };
  }

  #receive(socket: WebSocket, text: string): void {
    let message: ServerMessage;
    try {
      message = JSON.parse(text) as ServerMessage;
    } catch {
      return;
    }
    switch (message.type) {
      case 'hello':
        if (message.version !== PROTOCOL_VERSION) return this.#end('outdated', CLOSE_LEFT);
        clearTimeout(this.#watch);
        this.#resume = message.resume;
        this.#seen = message.seq;
        this.#attempt = 0;
        this.#setLink('online');
        this.events.hello(message);
        this.#pingLater(socket);
        return;
      case 'reply': {
        const { id, result } = message;
        const waiting = this.#pending.get(id);
        this.#pending.delete(id);
        if (waiting) waiting(result);
        else if (result.status === 'error' && result.cause.code === 'wrong_version') this.#end('outdated');
        else if (result.status === 'error') this.#refused = REFUSALS[result.cause.code] ?? null;
        return;
      }
      case 'picture':
        // Of the event stream over HTTP; here `hello` is the picture.
        return;
      case 'ice_servers':
        return this.events.message(message);
      default:
        // Told once more: it has had its effect.
        if (this.#seen !== null && message.seq <= this.#seen) return;
        this.#seen = message.seq;
        this.events.message(message);
    }
  }

  #send(socket: WebSocket, request: Request, within: number): Promise<ReplyResult> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        resolve(unreachable);
      }, within);
      this.#pending.set(id, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
      socket.send(JSON.stringify({ id, ...request }));
    });
  }

  /** A socket can be dead for minutes before the browser notices. */
  #pingLater(socket: WebSocket): void {
    this.#watch = setTimeout(async () => {
      const result = await this.#send(socket, { type: 'ping' }, PONG_WITHIN);
      if (socket !== this.#socket) return;
      if (result.status === 'ok') this.#pingLater(socket);
      else this.#lost(socket);
    }, PING_EVERY);
  }

  #lost(socket: WebSocket): void {
    this.#drop(socket, CLOSE_SILENT);
    const pause = BACKOFF[Math.min(this.#attempt, BACKOFF.length - 1)];
    this.#attempt += 1;
    this.#setLink(this.#refused ?? 'reconnecting');
    this.#retry = setTimeout(() => this.#open(), pause);
    this.#refusePending();
  }

  #end(link: Link, code?: number): void {
    clearTimeout(this.#retry);
    if (this.#socket) this.#drop(this.#socket, code ?? CLOSE_LEFT);
    this.#setLink(link);
    this.#refusePending();
  }

  #drop(socket: WebSocket, code: number): void {
    clearTimeout(this.#watch);
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  #refusePending(): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const settle of waiting) settle(unreachable);
  }

  #setLink(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    this.events.link(link);
  }
}
