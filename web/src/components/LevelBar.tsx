/** A bar as long as a stream is loud. */
import { useEffect, useRef } from 'react';
import { meter } from '../media/levels';
import classes from './LevelBar.module.css';

/** How much of the last level is left after a frame: falls slower than it rises, as meters do. */
const FALL = 0.88;
const TELL_EVERY_MS = 500;

export function LevelBar({ stream, label, off = false }: { stream: MediaStream | null; label: string; off?: boolean }) {
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!stream || off || stream.getAudioTracks().length === 0) return;
    const source = meter(stream);
    const bar = inner.current;
    let level = 0;
    let frame = 0;
    let told = 0;
    const draw = (now: number) => {
      level = Math.max(source.read(), level * FALL);
      // Drawn past React: a picture for every frame.
      if (bar) bar.style.transform = `scaleX(${level.toFixed(3)})`;
      if (now - told > TELL_EVERY_MS) {
        told = now;
        outer.current?.setAttribute('aria-valuenow', String(Math.round(level * 100)));
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      source.stop();
      if (bar) bar.style.transform = 'scaleX(0)';
    };
  }, [stream, off]);

  return (
    <div
      ref={outer}
      className={classes.outer}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      data-off={off || undefined}
    >
      <div ref={inner} className={classes.inner} />
    </div>
  );
}
