/** An object of the server, once it is there. */
import { useCallback, useEffect, useState } from 'react';
import { read, type Tagged } from './rest';

export interface Read<T> {
  /** Null: not there yet. */
  known: Tagged<T> | null;
  /** Why it is not there; null: it is, or is on its way. */
  failure: unknown;
  again: () => void;
}

export function useRead<T>(url: string): Read<T> {
  const [{ known, failure }, set] = useState<Omit<Read<T>, 'again'>>({ known: null, failure: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    set({ known: null, failure: null });
    read<T>(url).then(
      (known) => over || set({ known, failure: null }),
      (failure: unknown) => over || set({ known: null, failure }),
    );
    return () => void (over = true);
  }, [url, turn]);
  return { known, failure, again: useCallback(() => setTurn((before) => before + 1), []) };
}
