/** The number that was tried last, for the other pages on which numbers are tried. It is in no address, and gone with the console. */
import { createContext, type RefObject } from 'react';
import type { NumberKind } from '../../../generated/site';

export interface Tried {
  text: string;
  kind: NumberKind;
}

export const NOTHING_TRIED: Tried = { text: '', kind: 'typed' };

/** Null: it is not kept. */
export const LastTried = createContext<RefObject<Tried> | null>(null);
