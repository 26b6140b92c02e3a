/** The resume token, over a reload of the page. It is kept only while no page has it: a copied tab must not take its calls. */

const KEY = 'offhook.resume';

export function keepToken(token: string | null): void {
  if (token === null) return;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Without storage a reload ends the calls, as closing the page does.
  }
}

export function takeToken(): string | null {
  try {
    const token = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return token;
  } catch {
    return null;
  }
}
