/** What an administrator has preset for this user's clients: a default, or locked. */
import { useSyncExternalStore } from 'react';
import type { Preset } from './generated/site';

type Presets = Readonly<Record<string, Preset>>;

const listeners = new Set<() => void>();
let presets: Presets = {};

/** These count from now on; none while nobody is signed in. */
export function setPresets(wanted: Presets): void {
  if (wanted === presets) return;
  presets = wanted;
  for (const listener of listeners) listener();
}

/** What is preset for a setting, if its value is one that this app knows. */
export function presetOf<T extends Preset['value']>(
  key: string,
  known: readonly T[],
): { value: T; locked: boolean } | null {
  const preset = presets[key];
  const value = known.find((one) => one === preset?.value);
  return preset && value !== undefined ? { value, locked: preset.locked } : null;
}

/** What counts: what is locked, then the person's own choice, then what is preset. */
export function settled<T extends Preset['value']>(key: string, known: readonly T[], own: T | null, otherwise: T): T {
  const preset = presetOf(key, known);
  return preset?.locked ? preset.value : (own ?? preset?.value ?? otherwise);
}

export function onPresets(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Draws anew when something else is preset. */
export function usePresets(): Presets {
  const current = () => presets;
  return useSyncExternalStore(onPresets, current, current);
}

/** Whether the person cannot change a setting. */
export function useLocked(key: string, known: readonly Preset['value'][]): boolean {
  usePresets();
  return presetOf(key, known)?.locked ?? false;
}
