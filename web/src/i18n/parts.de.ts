import type { PartsTexts } from './parts.en';

export const partsDe: PartsTexts = {};
