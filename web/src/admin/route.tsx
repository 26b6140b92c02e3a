/** The pages of the console and their addresses. */
import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';

export type Page = 'lines' | 'calls' | 'failures' | 'captures' | 'status';

export const PAGES: readonly Page[] = ['lines', 'calls', 'failures', 'captures', 'status'];

export interface Route {
  page: Page;
  /** The call whose ladder is shown. */
  call: string | null;
  /** What was chosen on the page. */
  chosen: URLSearchParams;
}

/** What an address stands for; one that is nobody's leads to the first page. */
export function routeOf({ pathname, search }: { pathname: string; search: string }): Route {
  const [page, id] = pathname.split('/').slice(2);
  const found = PAGES.find((each) => each === page) ?? 'lines';
  return { page: found, call: found === 'calls' && id ? decode(id) : null, chosen: new URLSearchParams(search) };
}

export function addressOf(page: Page, call?: string): string {
  if (page === 'lines') return '/admin';
  return call === undefined ? `/admin/${page}` : `/admin/${page}/${encodeURIComponent(call)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign stands for itself.
    return text;
  }
}

const CHANGED = 'offhook.route';

function subscribe(listener: () => void): () => void {
  for (const event of ['popstate', CHANGED]) window.addEventListener(event, listener);
  return () => {
    for (const event of ['popstate', CHANGED]) window.removeEventListener(event, listener);
  };
}

/** Path and query of the page, newly at each change. */
export function useAddress(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
}

/** Goes to another page of the console. */
export function go(address: string): void {
  window.history.pushState(null, '', address);
  window.dispatchEvent(new Event(CHANGED));
  window.scrollTo(0, 0);
}

/** Notes what was chosen, so that reloading and coming back show the same. */
export function choose(chosen: URLSearchParams): void {
  const query = chosen.toString();
  window.history.replaceState(null, '', window.location.pathname + (query && `?${query}`));
  window.dispatchEvent(new Event(CHANGED));
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
