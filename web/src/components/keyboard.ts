/** Keys that mean something wherever the focus is. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { onPresets, settled } from '../presets';

const KEY = 'offhook.shortcuts';
const listeners = new Set<() => void>();
/** The person's own choice. */
let letters = read();
/** A value that is preset for it: see `presets`. */
export const SWITCH = [true, false] as const;

/** Whether keys typed there belong to a text. */
export function isEditable(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'radio' && target.type !== 'checkbox';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Does what belongs to a letter that is typed outside of text fields, while `listening`. */
export function useShortcuts(
  keys: Readonly<Record<string, (() => void) | false | undefined>>,
  listening: boolean,
): void {
  const current = useRef(keys);
  const on = useLetters();
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (!listening || !on) return;
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isEditable(event.target)) return;
      const action = current.current[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, [listening, on]);
}

/** Whether single letters are shortcuts: who speaks to the computer switches them off (WCAG 2.1.4). */
export function useLetters(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      const undo = onPresets(listener);
      return () => {
        undo();
        listeners.delete(listener);
      };
    },
    () => settled<boolean>('letter_shortcuts', SWITCH, letters, true),
  );
}

export function setLetters(on: boolean): void {
  letters = on;
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off');
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function read(): boolean | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === null ? null : stored !== 'off';
  } catch {
    return null;
  }
}
