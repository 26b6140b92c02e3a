/** The appearance: what the person has chosen here, or what an administrator has preset. */
import { localStorageColorSchemeManager, type MantineColorScheme, type MantineColorSchemeManager } from '@mantine/core';
import { settled } from './presets';

const KEY = 'offhook.appearance';
/** Those that there are. */
export const SCHEMES: readonly MantineColorScheme[] = ['auto', 'light', 'dark'];

const stored = localStorageColorSchemeManager({ key: KEY });
/** What is set is what is preset, and not the person's choice. */
let presetting = false;

function own(): MantineColorScheme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return SCHEMES.find((scheme) => scheme === kept) ?? null;
  } catch {
    return null;
  }
}

/** Keeps the person's choice and nothing else. */
export const schemeManager: MantineColorSchemeManager = {
  ...stored,
  get: (otherwise) => settled('theme', SCHEMES, own(), otherwise),
  set: (scheme) => {
    if (!presetting) stored.set(scheme);
  },
};

/** Lets what is preset count, or no longer. */
export function applyScheme(set: (scheme: MantineColorScheme) => void): void {
  presetting = true;
  set(settled<MantineColorScheme>('theme', SCHEMES, own(), 'auto'));
  presetting = false;
}
