/** What only this window knows, until it is closed: passwords that were just given, which nothing tells again. */
import { useSyncExternalStore } from 'react';

const known = new Map<string, string>();
const listeners = new Set<() => void>();

export function remember(key: string, text: string): void {
  known.set(key, text);
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const useMemory = (key: string) => useSyncExternalStore(subscribe, () => known.get(key));
