/** Pictures of people: a square is cut out of a file here, and the server makes its sizes of that. */
import { download, Refusal, request } from './protocol/http';

/** Pixels of the side of what is sent: the largest that is kept. */
export const SENT = 400;
/** How much closer one can look. */
export const MAX_ZOOM = 5;

/** Which square of an image is wanted: how close, and its middle in parts of the image. */
export interface Crop {
  zoom: number;
  x: number;
  y: number;
}

export const WHOLE: Crop = { zoom: 1, x: 0.5, y: 0.5 };

interface Size {
  width: number;
  height: number;
}

/** The square, in pixels of the image. It never reaches beyond the image. */
export function squareOf({ width, height }: Size, { zoom, x, y }: Crop) {
  const side = Math.min(width, height) / zoom;
  const at = (middle: number, length: number) => Math.min(Math.max(middle * length - side / 2, 0), length - side);
  return { left: at(x, width), top: at(y, height), side };
}

/** The same crop with its middle where the square really is, closer or moved by parts of the square's side. */
export function moved(image: Size, crop: Crop, change: { zoom?: number; x?: number; y?: number }): Crop {
  const zoom = Math.min(Math.max(change.zoom ?? crop.zoom, 1), MAX_ZOOM);
  const { left, top, side } = squareOf(image, { ...crop, zoom });
  const next = {
    zoom,
    x: (left + side / 2 + (change.x ?? 0) * side) / image.width,
    y: (top + side / 2 + (change.y ?? 0) * side) / image.height,
  };
  const fitting = squareOf(image, next);
  return { zoom, x: (fitting.left + side / 2) / image.width, y: (fitting.top + side / 2) / image.height };
}

/** Draws the square that is wanted over the whole of a canvas. */
export function draw(canvas: HTMLCanvasElement, image: ImageBitmap, crop: Crop): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { left, top, side } = squareOf(image, crop);
  const { width, height } = canvas;
  // What is transparent is white, as it will be.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, left, top, side, side, 0, 0, width, height);
}

/** The square as a file. */
export async function cut(image: ImageBitmap, crop: Crop): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const side = Math.max(1, Math.min(SENT, Math.round(squareOf(image, crop).side)));
  canvas.width = side;
  canvas.height = side;
  draw(canvas, image, crop);
  const file = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.92));
  if (file === null) throw new Refusal('internal');
  return file;
}

export async function setPicture(url: string, file: Blob): Promise<void> {
  await request(url, { method: 'PUT', headers: { 'content-type': file.type }, body: file });
}

export async function removePicture(url: string): Promise<void> {
  await request(url, { method: 'DELETE' });
}

/** A picture as text that can be shown; null where there is none. */
export async function pictureAt(url: string): Promise<string | null> {
  try {
    const file = await download(url);
    return await new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result));
      reader.onerror = () => failed(new Refusal('internal'));
      reader.readAsDataURL(file);
    });
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return null;
    throw error;
  }
}
