/** Saving a ladder: as a picture or as JSON, made here; the server makes the rest. */
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { Backdrop, COLOURS, Grounds, HEAD, Heads, Rows, type Picture } from './Drawing';
import { fit, MARGIN, ROW } from './layout';
import { FONT, widthOf } from './measure';

/** No browser draws higher pictures. */
const HIGHEST = 16_000;
const PAD = 20;
const LINE = 20;

/** What stands above the ladder in a picture. */
export interface Heading {
  title: string;
  lines: string[];
}

/** A picture of the whole ladder; `cut` says how many events have no room in it. */
export async function png(picture: Picture, heading: Heading, cut: (count: number) => string): Promise<Blob> {
  const { svg, width, height } = drawn(picture, heading, cut);
  const image = new Image(width, height);
  // The content security policy knows data: for pictures, and not blob:.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(2, HIGHEST / height);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.scale(scale, scale);
  context.drawImage(image, 0, 0, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'),
  );
}

function drawn(picture: Picture, heading: Heading, cut: (count: number) => string) {
  const { rows, height: whole } = picture.placed;
  const inner = picture.lanes.width;
  const width = inner + 2 * PAD;
  const lines = heading.lines.flatMap((line) => wrapped(line, inner, 14));
  const top = PAD + 30 + lines.length * LINE + 14;
  const room = HIGHEST - top - HEAD - PAD - LINE;
  const shown = rows.filter(({ y }) => y + ROW + MARGIN <= room);
  const end = shown.length === rows.length ? whole : (shown.at(-1)?.y ?? 0) + ROW + MARGIN;
  const missing = rows.length - shown.length;
  const height = Math.ceil(top + HEAD + end + (missing > 0 ? LINE : 0) + PAD);
  const style = getComputedStyle(document.documentElement);
  const colours = COLOURS.map((name) => `${name}:${style.getPropertyValue(name).trim()}`).join(';');

  const holder = document.createElement('div');
  const root = createRoot(holder);
  flushSync(() =>
    root.render(
      <svg xmlns="http://www.w3.org/2000/svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        <rect width={width} height={height} style={{ fill: 'var(--surface)' }} />
        <g fontFamily={FONT} fontSize={14} style={{ fill: 'var(--mantine-color-text)' }}>
          <text x={PAD} y={PAD + 18} fontSize={19} fontWeight={650}>
            {fit(heading.title, inner, (each) => widthOf(each, 19, 650))}
          </text>
          {lines.map((line, at) => (
            <text key={at} x={PAD} y={PAD + 44 + at * LINE}>
              {line}
            </text>
          ))}
          {missing > 0 && (
            <text x={PAD} y={height - PAD}>
              {cut(missing)}
            </text>
          )}
        </g>
        <g transform={`translate(${PAD} ${top})`}>
          <Heads picture={picture} />
        </g>
        <svg x={PAD} y={top + HEAD} width={inner} height={end}>
          <Grounds picture={picture} rows={shown} first={0} />
          <Backdrop picture={picture} />
          <Rows picture={picture} rows={shown} first={0} />
        </svg>
      </svg>,
    ),
  );
  const element = holder.firstElementChild;
  element?.setAttribute('style', colours);
  const svg = element ? new XMLSerializer().serializeToString(element) : '';
  root.unmount();
  return { svg, width, height };
}

/** Words on as many lines as they need. */
function wrapped(text: string, room: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, size) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(fit(word, room, (each) => widthOf(each, size)));
  }
  return lines;
}

/** Gives a person a file. */
export function offer(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A file's name that every system takes. */
export function fileName(...parts: (string | null)[]): string {
  return parts.flatMap((part) => part?.replace(/[^\p{L}\p{N}+]+/gu, '-').replace(/^-+|-+$/g, '') || []).join('_');
}
