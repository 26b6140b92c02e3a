/** Telephone links of other pages: offered to the browser, and what comes of them. */
import { useEffect, useRef, useState } from 'react';
import { numberInLink } from './format';
import { LinkExchange } from './linkExchange';

/** Where the link stands in this app's address. */
const PARAMETER = 'dial';
const SCHEMES = ['tel', 'callto'];

export interface LinkedNumber {
  /** To be asked about; null where there is none. */
  number: string | null;
  /** Whether another page asks about it. */
  handedOver: boolean;
  /** The person has answered. */
  forget: () => void;
  /** The person has read that another page asks. */
  dismiss: () => void;
}

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

/** The number that a link brought to this page, or that another page has handed over. */
export function useLinkedNumber(user: string): LinkedNumber {
  const [number, setNumber] = useState<string | null>(null);
  const [handedOver, setHandedOver] = useState(false);
  const exchange = useRef<LinkExchange | null>(null);
  useEffect(() => {
    const channel = 'BroadcastChannel' in window ? new BroadcastChannel('offhook.links') : null;
    const started = new LinkExchange(channel, user, takeNumber(), {
      visible: () => document.visibilityState === 'visible',
      ask: (asked) => {
        waiting = null;
        setNumber(asked);
      },
      handedOver: (is) => {
        waiting = null;
        setHandedOver(is);
      },
    });
    exchange.current = started;
    const gone = () => started.forget();
    window.addEventListener('pagehide', gone);
    return () => {
      window.removeEventListener('pagehide', gone);
      started.close();
    };
  }, [user]);
  return {
    number,
    handedOver,
    forget: () => exchange.current?.forget(),
    dismiss: () => exchange.current?.dismiss(),
  };
}

/** What the address said, until it is asked about. */
let waiting: string | null = null;

/** Once: a reload must not ask again. */
function takeNumber(): string | null {
  if (waiting !== null) return waiting;
  const url = new URL(window.location.href);
  const link = url.searchParams.get(PARAMETER);
  if (link === null) return null;
  url.searchParams.delete(PARAMETER);
  window.history.replaceState(window.history.state, '', url);
  waiting = numberInLink(link) ?? numberInLink(`tel:${link}`);
  return waiting;
}
