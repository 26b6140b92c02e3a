/** Which calls are muted, over a reload of the page: whoever had muted must not be heard by it. */

const KEY = 'offhook.muted';

export function keepMuted(calls: readonly string[]): void {
  try {
    sessionStorage.setItem(KEY, calls.join(' '));
  } catch {
    // Without storage there is no resume token either, and no call comes back.
  }
}

export function keptMuted(): string[] {
  try {
    return (sessionStorage.getItem(KEY) ?? '').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}
