/** A person's picture: chosen or dragged here, cut square, taken away. */
import { Button, FileButton, Modal, Slider } from '@mantine/core';
import { IconArrowBackUp, IconPhotoUp, IconTrash } from '@tabler/icons-react';
import { useEffect, useRef, useState, type DragEvent, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslation } from '../i18n';
import { cut, draw, MAX_ZOOM, moved, pictureAt, removePicture, setPicture, WHOLE, type Crop } from '../picture';
import { BusyButton } from './BusyButton';
import classes from './PictureEditor.module.css';
import { Portrait } from './Portrait';

/** What the server takes. */
const TYPES = 'image/jpeg,image/png,image/webp';
/** Pixels of the side of the preview. */
const PREVIEW = 288;
/** How far a key moves, in parts of the square's side. */
const STEP = 0.05;

export interface PictureEditorProps {
  /** Where it is set and taken away. */
  url: string;
  /** Where it can be seen; null: there is none. */
  picture: string | null;
  /** Whose it is. */
  name: string;
  /** Whether it can be changed. */
  may: boolean;
  /** It is another one now. */
  onChanged: () => void;
  /** How it went. */
  onSaid: (text: string, failed: boolean) => void;
  /** Why something did not work. */
  reason: (error: unknown) => string;
}

export function PictureEditor({ url, picture, name, may, onChanged, onSaid, reason }: PictureEditorProps) {
  const { texts } = useTranslation();
  const [image, setImage] = useState<ImageBitmap | null>(null);
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  /** What was there before it was taken away, as text. */
  const [before, setBefore] = useState<string | null>(null);
  const t = texts.picture;
  const choose = async (file: File | null | undefined) => {
    if (!file) return;
    try {
      setImage(await createImageBitmap(file));
    } catch {
      onSaid(t.unreadable, true);
    }
  };
  const attempt = async (what: () => Promise<void>, done: string) => {
    setBusy(true);
    try {
      await what();
      onSaid(done, false);
      onChanged();
      return true;
    } catch (error) {
      onSaid(t.failed(reason(error)), true);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = async (crop: Crop) => {
    if (image === null) return;
    const file = await cut(image, crop);
    if (await attempt(() => setPicture(url, file), t.done)) {
      setBefore(null);
      setImage(null);
    }
  };
  const remove = async () => {
    const kept = picture === null || picture.startsWith('data:') ? picture : await pictureAt(picture).catch(() => null);
    if (await attempt(() => removePicture(url), t.removed)) setBefore(kept);
  };
  const undo = async () => {
    if (before === null) return;
    if (await attempt(() => setPicture(url, fileOf(before)), t.undone)) setBefore(null);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void choose(event.dataTransfer.files[0]);
  };
  return (
    <div
      className={classes.editor}
      data-over={over || undefined}
      {...(may && {
        onDragOver: (event: DragEvent) => {
          event.preventDefault();
          setOver(true);
        },
        onDragLeave: () => setOver(false),
        onDrop: drop,
      })}
    >
      <Portrait picture={picture} name={name} size={96} />
      {may ? (
        <div className={classes.does}>
          <div className={classes.buttons}>
            <FileButton accept={TYPES} onChange={(file) => void choose(file)} inputProps={{ 'aria-label': t.choose }}>
              {(props) => (
                <Button
                  {...props}
                  variant="default"
                  leftSection={<IconPhotoUp size={18} aria-hidden />}
                  disabled={busy}
                >
                  {picture === null ? t.choose : t.another}
                </Button>
              )}
            </FileButton>
            {picture !== null && (
              <Button
                variant="default"
                leftSection={<IconTrash size={18} aria-hidden />}
                disabled={busy}
                onClick={() => void remove()}
              >
                {t.remove}
              </Button>
            )}
            {picture === null && before !== null && (
              <Button
                variant="default"
                leftSection={<IconArrowBackUp size={18} aria-hidden />}
                disabled={busy}
                onClick={() => void undo()}
              >
                {t.undo}
              </Button>
            )}
          </div>
          <p className={classes.hint}>{t.hint}</p>
        </div>
      ) : (
        <p className={classes.hint}>{t.byAdministrator}</p>
      )}
      <Modal
        opened={image !== null}
        onClose={() => setImage(null)}
        title={t.crop}
        centered
        closeButtonProps={{ 'aria-label': t.cancel }}
      >
        {image && (
          <Cropping image={image} busy={busy} onCancel={() => setImage(null)} onUse={(crop) => void save(crop)} />
        )}
      </Modal>
    </div>
  );
}

interface CroppingProps {
  image: ImageBitmap;
  busy: boolean;
  onCancel: () => void;
  onUse: (crop: Crop) => void;
}

/** The square is moved with the pointer or the arrow keys. */
function Cropping({ image, busy, onCancel, onUse }: CroppingProps) {
  const { texts } = useTranslation();
  const [crop, setCrop] = useState<Crop>(WHOLE);
  const canvas = useRef<HTMLCanvasElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const t = texts.picture;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, image, crop);
  }, [image, crop]);
  const move = (change: Parameters<typeof moved>[2]) => setCrop((now) => moved(image, now, change));
  const key = (event: KeyboardEvent) => {
    const step = {
      ArrowLeft: { x: -STEP },
      ArrowRight: { x: STEP },
      ArrowUp: { y: -STEP },
      ArrowDown: { y: STEP },
      '+': { zoom: crop.zoom + 0.1 },
      '-': { zoom: crop.zoom - 0.1 },
    }[event.key];
    if (!step) return;
    event.preventDefault();
    move(step);
  };
  const drag = (event: PointerEvent<HTMLCanvasElement>) => {
    if (from.current === null) return;
    const { clientX: x, clientY: y } = event;
    const width = event.currentTarget.clientWidth || PREVIEW;
    move({ x: (from.current.x - x) / width, y: (from.current.y - y) / width });
    from.current = { x, y };
  };
  return (
    <>
      <p className={classes.hint}>{t.cropText}</p>
      <div className={classes.stage}>
        <canvas
          ref={canvas}
          className={classes.canvas}
          width={PREVIEW * 2}
          height={PREVIEW * 2}
          tabIndex={0}
          role="application"
          aria-label={t.cropLabel}
          data-autofocus
          onKeyDown={key}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            from.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerMove={drag}
          onPointerUp={() => (from.current = null)}
          onPointerCancel={() => (from.current = null)}
        />
      </div>
      <div className={classes.zoom}>
        <span id="picture-zoom">{t.zoom}</span>
        <Slider
          min={1}
          max={MAX_ZOOM}
          step={0.1}
          value={crop.zoom}
          label={null}
          thumbLabel={t.zoom}
          onChange={(zoom) => move({ zoom })}
        />
      </div>
      <div className={classes.answers}>
        <Button variant="default" onClick={onCancel}>
          {t.cancel}
        </Button>
        <BusyButton busy={busy} onClick={() => onUse(crop)}>
          {t.use}
        </BusyButton>
      </div>
    </>
  );
}

/** What `pictureAt` has read, as a file again. */
function fileOf(text: string): Blob {
  const [head = '', octets = ''] = text.split(',');
  const type = /^data:([^;]+)/.exec(head)?.[1] ?? 'image/jpeg';
  return new Blob([Uint8Array.from(atob(octets), (letter) => letter.charCodeAt(0))], { type });
}
