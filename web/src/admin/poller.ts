/** Asks the server again and again where everything stands, while somebody looks. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Calls, CauseCode, LineGroups } from '../generated/protocol';
import { get, Refusal, request } from '../protocol/http';

/** Between an answer and the next question, in ms. */
export const POLL_EVERY = 2000;

export type Link = 'connecting' | 'online' | 'lost' | 'signed_out';

export interface Watched<T> {
  link: Link;
  /** The newest answer; stays when the server is lost. */
  report: T | null;
  /** What to add to this computer's clock to get the server's, in ms. */
  clockOffset: number;
  /** When the newest answer came, by this computer's clock. */
  at: number;
  /** Why the server is lost. */
  failure: CauseCode | null;
}

/** Where everything stands. */
export const lineGroups = (signal?: AbortSignal) => get<LineGroups>('/api/v1/admin/line-groups', signal);

/** The calls that run, and those that ended last. */
export const calls = (signal?: AbortSignal) => get<Calls>('/api/v1/admin/calls', signal);

/** Registers a line anew at once. */
export async function resetLine(id: string): Promise<void> {
  await request(`/api/v1/admin/lines/${encodeURIComponent(id)}/reset`, { method: 'POST' });
}

/** How often is asked. */
export interface Pace<T> {
  /** Between an answer and the next question, in ms. */
  every?: number;
  /** Whether nothing will change after this answer. */
  last?: (report: T) => boolean;
}

export class Poller<T extends object> {
  #state: Watched<T> = { link: 'connecting', report: null, clockOffset: 0, at: 0, failure: null };
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Raised by each question, so that an older answer cannot replace a newer one. */
  #turn = 0;
  /** Ends the question that is under way. */
  #asking = new AbortController();
  #stopped = false;
  /** There is nothing more to come. */
  #over = false;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly page: Pick<Document, 'hidden' | 'addEventListener' | 'removeEventListener'> = document,
    private readonly pace: Pace<T> = {},
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Watched<T> => this.#state;

  start(): void {
    this.#stopped = false;
    this.page.addEventListener('visibilitychange', this.#looked);
    void this.poll();
  }

  stop(): void {
    this.#stopped = true;
    this.#turn++;
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.page.removeEventListener('visibilitychange', this.#looked);
  }

  /** Begins again once somebody has signed in anew. */
  resume(): void {
    if (this.#state.link !== 'signed_out') return;
    this.#over = false;
    this.#set({ ...this.#state, link: 'connecting' });
    void this.poll();
  }

  /** Asks now. */
  async poll(): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#asking.abort();
    this.#asking = new AbortController();
    const next = await this.#answer();
    if (turn !== this.#turn || this.#stopped) return;
    this.#set(next);
    const last = next.link === 'online' && next.report !== null && this.pace.last?.(next.report) === true;
    this.#over = next.link === 'signed_out' || last;
    if (!this.#over && !this.page.hidden) {
      this.#timer = setTimeout(() => void this.poll(), this.pace.every ?? POLL_EVERY);
    }
  }

  #set(state: Watched<T>): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  async #answer(): Promise<Watched<T>> {
    try {
      const report = await this.ask(this.#asking.signal);
      const at = Date.now();
      // Not every answer tells the server's clock.
      const clockOffset = 'now' in report && typeof report.now === 'number' ? report.now - at : 0;
      return { link: 'online', report, clockOffset, at, failure: null };
    } catch (error) {
      const failure = error instanceof Refusal ? error.code : 'server_unreachable';
      const over = failure === 'not_signed_in' || failure === 'second_factor_missing';
      return { ...this.#state, link: over ? 'signed_out' : 'lost', failure };
    }
  }

  /** Nobody looks at a hidden page, so it asks nothing; who comes back sees the present at once. */
  #looked = (): void => {
    if (this.page.hidden) clearTimeout(this.#timer);
    else if (!this.#over) void this.poll();
  };
}

const NOTHING: Watched<never> = { link: 'connecting', report: null, clockOffset: 0, at: 0, failure: null };

/** What a poller knows, from one that lives as long as the component; a new one for another key. */
export function useWatched<T extends object>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  pace?: Pace<T>,
): Watched<T> & { again: () => Promise<void> } {
  const [poller, setPoller] = useState<Poller<T> | null>(null);
  useEffect(() => {
    const started = new Poller(ask, document, pace);
    started.start();
    setPoller(started);
    return () => {
      started.stop();
      setPoller(null);
    };
    // The key says when `ask` asks for something else.
  }, [key]);
  const state = useSyncExternalStore(poller?.subscribe ?? never, poller?.snapshot ?? nothing);
  return { ...state, again: async () => poller?.poll() };
}

const never = () => () => {};
const nothing = (): Watched<never> => NOTHING;
