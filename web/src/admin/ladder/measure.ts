/** How wide texts are, by the fonts that there are. */

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';

/** Texts recur; those of very many events are forgotten together. */
const known = new Map<string, number>();
const MOST_KNOWN = 5000;
let context: CanvasRenderingContext2D | null | undefined;

/** Width of a text in pixels. */
export function widthOf(text: string, size: number, weight = 400): number {
  const key = `${size} ${weight} ${text}`;
  let width = known.get(key);
  if (width === undefined) {
    context ??= document.createElement('canvas').getContext('2d');
    if (context) context.font = `${weight} ${size}px ${FONT}`;
    // A browser without canvas gets the mean width of a letter.
    width = context?.measureText(text).width ?? text.length * size * 0.6;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, width);
  }
  return width;
}
