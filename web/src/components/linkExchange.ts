/** Between the pages of one browser: of those with a telephone that is open already, one asks about a link's number. */

/** How long this page waits, in ms, for the pages that are open already; one that answers later still gets the link. */
const ANSWER_WITHIN = 400;

/** The channel of all pages; it brings nothing back to who posts. */
export type Channel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;

/** `id` names the link. */
type Message =
  | { type: 'offer'; id: string; number: string; user: string }
  | { type: 'candidate'; id: string; page: string; visible: boolean }
  | { type: 'chosen'; id: string; page: string }
  /** The person has answered, or the page that asked is gone. */
  | { type: 'over'; id: string };

export interface LinkEvents {
  /** Whether the person sees this page now. */
  visible(): boolean;
  /** This page asks about the number; null: about none any more. */
  ask(number: string | null): void;
  /** Another page asks about the number that came here. */
  handedOver(is: boolean): void;
}

export class LinkExchange {
  readonly #page = Math.random().toString(36);
  /** The link that this page brought, until it is known who asks about it. */
  #offered: { id: string; number: string; first: string | null } | null = null;
  /** The link that this page brought and asks about itself, as nobody had answered yet. */
  #own: string | null = null;
  /** The link whose number another page asks about. */
  #away: string | null = null;
  /** The link that this page asks about. */
  #asked: string | null = null;
  /** The link of another page that this one may be chosen for. */
  #candidacy: { id: string; number: string } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param brought the number that a link brought to this page. */
  constructor(
    private readonly channel: Channel | null,
    private readonly user: string,
    brought: string | null,
    private readonly events: LinkEvents,
  ) {
    if (channel) channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data);
    if (brought === null) return;
    const id = Math.random().toString(36);
    this.#offered = { id, number: brought, first: null };
    this.#say({ type: 'offer', id, number: brought, user });
    this.#timer = setTimeout(() => this.#decide(this.#offered?.first ?? null), channel ? ANSWER_WITHIN : 0);
  }

  /** The person has answered. */
  forget(): void {
    this.#answered();
    this.events.ask(null);
  }

  /** The person needs not be told any longer that another page asks. */
  dismiss(): void {
    this.#away = null;
    this.events.handedOver(false);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#answered();
    this.channel?.close();
  }

  #answered(): void {
    this.#own = null;
    if (this.#asked !== null) this.#say({ type: 'over', id: this.#asked });
    this.#asked = null;
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'offer':
        if (message.user !== this.user) return;
        this.#candidacy = { id: message.id, number: message.number };
        return this.#say({ type: 'candidate', id: message.id, page: this.#page, visible: this.events.visible() });
      case 'candidate':
        if (this.#own === message.id) return this.#handOver(message.id, message.page);
        if (this.#offered?.id !== message.id) return;
        this.#offered.first ??= message.page;
        // Nobody looks for better than the page that the person sees.
        if (message.visible) this.#decide(message.page);
        return;
      case 'chosen': {
        const link = this.#candidacy;
        if (link?.id !== message.id || message.page !== this.#page) return;
        this.#answered();
        this.#asked = link.id;
        return this.events.ask(link.number);
      }
      case 'over':
        if (this.#away === message.id) this.dismiss();
    }
  }

  /** @param page who asks; this page where there is no other. */
  #decide(page: string | null): void {
    clearTimeout(this.#timer);
    const link = this.#offered;
    this.#offered = null;
    if (!link) return;
    if (page !== null) return this.#handOver(link.id, page);
    this.#own = link.id;
    this.events.ask(link.number);
  }

  #handOver(id: string, page: string): void {
    if (this.#own === id) {
      this.#own = null;
      this.events.ask(null);
    }
    this.#away = id;
    this.#say({ type: 'chosen', id, page });
    this.events.handedOver(true);
  }

  #say(message: Message): void {
    this.channel?.postMessage(message);
  }
}
