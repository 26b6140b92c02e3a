/** A list of the server that is loaded page by page, as far as somebody looks. */
import type { ListQuery, Page } from './rest';

export interface Listed<T> {
  query: ListQuery;
  /** What is loaded, from the beginning on without holes. */
  items: readonly T[];
  /** How many match in all; null: not known yet. */
  total: number | null;
  /** Whether a page is on its way. */
  loading: boolean;
  /** Why the last page did not come. */
  failure: unknown;
}

export const FIRST_QUERY: ListQuery = { search: '', sort: null, direction: 'ascending' };

export class Pages<T extends { id: string }> {
  #state: Listed<T>;
  #next: string | null = null;
  /** How many somebody wants to see. */
  #wanted = 1;
  /** Raised by each query, so that a late answer to an older one changes nothing. */
  #turn = 0;
  #running: Promise<void> | null = null;
  #listeners = new Set<() => void>();

  constructor(
    private readonly load: (query: ListQuery, cursor: string | null) => Promise<Page<T>>,
    query: ListQuery = FIRST_QUERY,
  ) {
    this.#state = { query, items: [], total: null, loading: false, failure: null };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Listed<T> => this.#state;

  /** Looks for something else. What was there stays until the first page of it comes. */
  look(query: Partial<ListQuery>): void {
    this.#begin({ ...this.#state.query, ...query });
  }

  /** Asks anew for what is looked for: after a change, or where a page did not come. */
  async again(): Promise<void> {
    this.#begin(this.#state.query);
    await this.#running;
  }

  /** Loads until so many are there, or all. */
  need(count: number): void {
    this.#wanted = Math.max(this.#wanted, count);
    // What has failed waits for somebody to try again.
    if (this.#state.failure === null) this.#go();
  }

  /** All that match. */
  async all(): Promise<readonly T[]> {
    const turn = this.#turn;
    this.need(Infinity);
    await this.#running;
    if (turn !== this.#turn) return [];
    if (this.#state.failure !== null) throw this.#state.failure;
    return this.#state.items;
  }

  #begin(query: ListQuery): void {
    this.#turn++;
    this.#running = null;
    this.#wanted = 1;
    this.#set({ query, loading: false, failure: null });
    this.#go(true);
  }

  #go(anew = this.#state.total === null): void {
    if (this.#running !== null || !(anew || this.#lacks())) return;
    const turn = this.#turn;
    this.#running = this.#fetch(anew, turn).finally(() => {
      if (turn === this.#turn) this.#running = null;
    });
  }

  #lacks(): boolean {
    return this.#next !== null && this.#state.items.length < this.#wanted;
  }

  async #fetch(anew: boolean, turn: number): Promise<void> {
    for (let first = anew; first || this.#lacks(); first = false) {
      this.#set({ loading: true });
      try {
        const page = await this.load(this.#state.query, first ? null : this.#next);
        if (turn !== this.#turn) return;
        const before = first ? [] : this.#state.items;
        // What changed its place meanwhile may come twice.
        const known = new Set(before.map(({ id }) => id));
        const items = [...before, ...page.items.filter(({ id }) => !known.has(id))];
        // A page without anything is the last, whatever it says.
        this.#next = page.items.length === 0 ? null : page.next;
        this.#set({ items, total: this.#next === null ? items.length : page.total, loading: false });
      } catch (failure) {
        if (turn === this.#turn) this.#set({ loading: false, failure });
        return;
      }
    }
  }

  #set(change: Partial<Listed<T>>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
