/** Which computer this browser is paired with: whoever is signed in here uses the telephones beside it. */
import type { PairedComputer } from './generated/site';
import { get, parsed, request } from './protocol/http';

const URL_OF_COMPUTER = '/api/v1/computer';

/** The name of the computer; null where the browser is paired with none. */
export const computer = async () => (await get<PairedComputer>(URL_OF_COMPUTER)).name;

/** Pairs the browser by the code of a link. */
export async function pair(code: string): Promise<string | null> {
  const headers = { 'content-type': 'application/json' };
  return parsed<PairedComputer>(
    await request(URL_OF_COMPUTER, { method: 'POST', headers, body: JSON.stringify({ code }) }),
  ).name;
}

export async function unpair(): Promise<void> {
  await request(URL_OF_COMPUTER, { method: 'DELETE' });
}

/** What a link for pairing looks like. */
export const pairingLink = (code: string) => `${window.location.origin}/#pair=${encodeURIComponent(code)}`;

/** The code of the link that this page was opened with. Once: a reload must not try it again. */
export function takeCode(): string | null {
  const code = /^#pair=([\w%-]{1,200})$/.exec(window.location.hash)?.[1];
  if (code === undefined) return null;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  try {
    return decodeURIComponent(code);
  } catch {
    // A stray percent sign stands for itself.
    return code;
  }
}
