/** Tells the person at the page how something went that they asked for. */
import { createContext } from 'react';

export const Announce = createContext<(text: string, failed: boolean) => void>(() => {});
