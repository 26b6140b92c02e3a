/** What can be seen of a SIP message at a glance. It may be anything: a foreign phone wrote it. Pure. */

export interface Glance {
  /** Method of a request; None of a response. */
  method: string | null;
  /** Status of a response. */
  status: number | null;
  /** In short: `INVITE`, or `180 Ringing`. */
  title: string;
  /** The rest: whom a request is for, or what a response is about. */
  about: string;
  /** Whether it describes audio. */
  sdp: boolean;
}

export function glance(text: string): Glance {
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').trim();
  const sdp = /\n(?:content-type|c)\s*:\s*application\/sdp/i.test(text) && /\nv=0/.test(text);
  const response = /^SIP\/2\.0\s+(\d{3})\s*(.*)$/i.exec(line);
  if (response) {
    const status = Number(response[1]);
    return { method: null, status, title: `${status} ${response[2] ?? ''}`.trim(), about: methodOf(text), sdp };
  }
  const request = /^([A-Za-z]+)\s+(\S+)\s+SIP\/2\.0$/.exec(line);
  if (request) {
    const method = request[1] ?? '';
    return { method, status: null, title: method, about: request[2] ?? '', sdp };
  }
  return { method: null, status: null, title: line || '?', about: '', sdp };
}

/** The method that a response is about (RFC 3261 20.16). */
function methodOf(text: string): string {
  return /\ncseq\s*:\s*\d+\s+([A-Za-z]+)/i.exec(text)?.[1] ?? '';
}

/** How a message is meant: the colours go by it. */
export type Meaning = 'request' | 'progress' | 'success' | 'pending' | 'failure';

/** A challenge, a redirection and a cancelled call belong to the usual course of things. */
export function meaningOf({ status }: Glance): Meaning {
  if (status === null) return 'request';
  if (status < 200) return 'progress';
  if (status < 300) return 'success';
  return status < 400 || status === 401 || status === 407 || status === 487 ? 'pending' : 'failure';
}
