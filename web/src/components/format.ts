/** A time span as `m:ss` or `h:mm:ss`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What to call the other side. */
export function whoIs(party: { number: string; name: string | null }, unknown: string): string {
  return party.name || party.number || unknown;
}

/** Up to two letters that stand for a name; none for a number. */
export function initials(name: string | null): string {
  const words = (name ?? '').split(/[\s,.-]+/).filter((word) => /^\p{L}/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}
