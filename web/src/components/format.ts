/** A time span as `m:ss` or `h:mm:ss`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What to call the other side. */
export function whoIs(party: { shown: string; name: string | null }, unknown: string): string {
  return party.name || party.shown || unknown;
}

/** Up to two letters that stand for a name; none for a number. */
export function initials(name: string | null): string {
  const words = (name ?? '').split(/[\s,.-]+/).filter((word) => /^\p{L}/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}

/** What was typed or pasted, on one line and without the scheme of a link. */
export function cleanNumber(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/^(tel|callto):(\/\/)?/i, '');
}

/** The number in a `tel:` or `callto:` link (RFC 3966), without its parameters; null where there is none. */
export function numberInLink(link: string): string | null {
  const match = /^(?:tel|callto):(?:\/\/)?([^;?]*)/i.exec(link.trim());
  let number = match?.[1] ?? '';
  try {
    number = decodeURIComponent(number);
  } catch {
    // A stray percent sign stands for itself.
  }
  // Only what a person can read before they agree: no control or direction characters.
  number = number.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').trim();
  return number === '' ? null : number.slice(0, 128);
}
