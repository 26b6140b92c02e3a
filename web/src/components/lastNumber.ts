/** The number called last, for redialling; stays in this browser until its user signs out. */

const KEY = 'offhook.last';

/** Empty where there is none. */
export function lastNumber(user: string): string {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return '';
    const { user: whose, number } = stored as Record<string, unknown>;
    return whose === user && typeof number === 'string' ? number : '';
  } catch {
    return '';
  }
}

export function rememberNumber(user: string, number: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ user, number }));
  } catch {
    // Private windows may refuse storage; the page still has it.
  }
}

export function forgetNumber(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // See rememberNumber.
  }
}
