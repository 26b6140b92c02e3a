/** Telephone links of other pages: offered to the browser, and what comes of them. */
import { useEffect, useState } from 'react';
import { numberInLink } from './format';

/** Where the link stands in this app's address. */
const PARAMETER = 'dial';
const SCHEMES = ['tel', 'callto'];
/** How long a page that is open already may take to answer, in ms. */
const ANSWER_WITHIN = 400;

/** Between the pages of one browser: a link should not leave two telephones that ring. */
type Message = { type: 'offer'; id: string; number: string; user: string } | { type: 'taken'; id: string };

export interface LinkedNumber {
  /** To be asked about; null where there is none. */
  number: string | null;
  /** Whether another page asks about it. */
  handedOver: boolean;
  forget: () => void;
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
  useEffect(() => {
    const channel = 'BroadcastChannel' in window ? new BroadcastChannel('offhook.links') : null;
    const brought = takeNumber();
    const asked = () => (waiting = null);
    const id = Math.random().toString(36);
    const say = (message: Message) => channel?.postMessage(message);
    const keep = setTimeout(
      () => {
        if (brought !== null) setNumber(brought);
        asked();
      },
      channel ? ANSWER_WITHIN : 0,
    );
    if (brought !== null) say({ type: 'offer', id, number: brought, user });
    if (channel) {
      channel.onmessage = ({ data }: MessageEvent<Message>) => {
        if (data.type === 'offer' && data.user === user) {
          setNumber(data.number);
          say({ type: 'taken', id: data.id });
        } else if (data.type === 'taken' && data.id === id) {
          clearTimeout(keep);
          asked();
          setHandedOver(true);
        }
      };
    }
    return () => {
      clearTimeout(keep);
      channel?.close();
    };
  }, [user]);
  return { number, handedOver, forget: () => setNumber(null) };
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
