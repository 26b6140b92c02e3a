/** Telephone links of other pages: offered to the browser, and what comes of them. */
import { numberInLink } from './format';

/** Where the link stands in this app's address. */
const PARAMETER = 'dial';
const SCHEMES = ['tel', 'callto'];

export function canOpenLinks(): boolean {
  return window.isSecureContext && 'registerProtocolHandler' in navigator;
}

/** Asks the browser to open telephone links with this page; false where it will not. */
export function openLinksHere(): boolean {
  const url = `${window.location.origin}/?${PARAMETER}=%s`;
  let taken = false;
  for (const scheme of SCHEMES) {
    try {
      navigator.registerProtocolHandler(scheme, url);
      taken = true;
    } catch {
      // Browsers know a fixed list of schemes; Firefox has no callto.
    }
  }
  return taken;
}

/** The number that a link brought to this page, once: a reload must not ask again. */
export function takeLinkedNumber(): string | null {
  const url = new URL(window.location.href);
  const link = url.searchParams.get(PARAMETER);
  if (link === null) return null;
  url.searchParams.delete(PARAMETER);
  window.history.replaceState(window.history.state, '', url);
  return numberInLink(link) ?? numberInLink(`tel:${link}`);
}
