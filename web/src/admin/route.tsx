/** The pages of the console and their addresses. */
import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';

/** The pages, in the groups that the navigation shows. */
export const NAVIGATION = [
  { group: 'overview', pages: ['dashboard'] },
  { group: 'people', pages: ['users', 'groups', 'rights', 'profiles', 'computers'] },
  { group: 'telephony', pages: ['lines', 'locations', 'numbers', 'calls'] },
  { group: 'diagnosis', pages: ['failures', 'captures', 'log'] },
  {
    group: 'system',
    pages: [
      'status',
      'settings',
      'interfaces',
      'certificates',
      'administrators',
      'tokens',
      'locks',
      'transfer',
      'audit',
      'api',
    ],
  },
] as const;

/** Pages below others, by the one that the navigation shows for them. */
export const BELOW = { line_groups: 'lines', line_list: 'lines' } as const;

export type Page = (typeof NAVIGATION)[number]['pages'][number] | keyof typeof BELOW;

export const PAGES: readonly Page[] = [
  ...NAVIGATION.flatMap(({ pages }): readonly Page[] => pages),
  ...(Object.keys(BELOW) as (keyof typeof BELOW)[]),
];

/** Pages of objects, each of which has a page of its own. */
const OPENING: readonly Page[] = [
  'users',
  'groups',
  'profiles',
  'computers',
  'administrators',
  'tokens',
  'line_groups',
  'line_list',
  'locations',
  'interfaces',
];

export interface Route {
  page: Page;
  /** The call or line whose ladder is shown. */
  traced: string | null;
  /** The object that is opened. */
  opened: string | null;
  /** What was chosen on the page. */
  chosen: URLSearchParams;
}

/** What an address stands for; one that is nobody's leads to the first page. */
export function routeOf({ pathname, search }: { pathname: string; search: string }): Route {
  const [page, id] = pathname.split('/').slice(2);
  const found = PAGES.find((each) => each === page) ?? 'dashboard';
  const traced = (found === 'calls' || found === 'lines') && id ? decode(id) : null;
  const opened = OPENING.includes(found) && id ? decode(id) : null;
  return { page: found, traced, opened, chosen: new URLSearchParams(search) };
}

export function addressOf(page: Page, id?: string): string {
  if (id !== undefined) return `/admin/${page}/${encodeURIComponent(id)}`;
  return page === 'dashboard' ? '/admin' : `/admin/${page}`;
}

/** The page of objects of a kind; that of lines shows how they stand. */
export const pageOf = (kind: Exclude<Page, 'line_list'>): Page => (kind === 'lines' ? 'line_list' : kind);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign stands for itself.
    return text;
  }
}

/** Decides whether the page may be left; who lets it go later calls `leave`. */
export type Guard = (leave: () => void) => boolean;

const listeners = new Set<() => void>();
let guard: Guard | null = null;
/** Place in the browser's history of the address that is shown. */
let place = 0;
/** The way back from where the browser went unasked, or on after it was asked: nobody is asked about that. */
let returning = false;

const here = () => window.location.pathname + window.location.search;
let shown: string | null = null;

function changed(): void {
  shown = here();
  for (const listener of listeners) listener();
}

/** The browser's own keys have gone somewhere already: where that is not wanted, it goes back and asks. */
function popped({ state }: PopStateEvent): void {
  const to = placeIn(state);
  const by = to - place;
  if (returning || guard === null || by === 0) {
    returning = false;
    place = to;
    changed();
    return;
  }
  returning = true;
  const again = () => {
    returning = true;
    window.history.go(by);
  };
  const asks = guard;
  window.addEventListener('popstate', () => asks(again) && again(), { once: true });
  window.history.go(-by);
}

const placeIn = (state: unknown) =>
  typeof state === 'object' && state !== null && 'place' in state && typeof state.place === 'number' ? state.place : 0;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    place = placeIn(window.history.state);
    shown = here();
    window.addEventListener('popstate', popped);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    shown = null;
    window.removeEventListener('popstate', popped);
  };
}

/** Path and query of the page, newly at each change. */
export function useAddress(): string {
  return useSyncExternalStore(subscribe, () => shown ?? here());
}

/** Goes to another page of the console, unless something there is not to be left. */
export function go(address: string): void {
  leaving(() => {
    place++;
    window.history.pushState({ place }, '', address);
    changed();
    window.scrollTo(0, 0);
  });
}

/** Does what leaves the page, now or when the person has agreed. */
export function leaving(leave: () => void): void {
  if (guard === null || guard(leave)) leave();
}

/** Whether something on the page is not to be left unasked. */
export const isGuarded = () => guard !== null;

/** Sets who is asked before the page is left; ends that. */
export function guarding(asked: Guard): () => void {
  guard = asked;
  const unload = (event: BeforeUnloadEvent) => event.preventDefault();
  window.addEventListener('beforeunload', unload);
  return () => {
    if (guard === asked) guard = null;
    window.removeEventListener('beforeunload', unload);
  };
}

/** Notes what was chosen, so that reloading and coming back show the same. */
export function choose(chosen: URLSearchParams): void {
  const query = chosen.toString();
  window.history.replaceState({ place }, '', window.location.pathname + (query && `?${query}`));
  changed();
}

/** A link to another page of the console. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    // With these keys a person wants another tab or window.
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    ) {
      return;
    }
    event.preventDefault();
    go(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
