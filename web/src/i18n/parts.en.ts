/** English texts of the console's reusable parts: lists, forms, conflicts. */
export const partsEn = {};

/** What a language must have. */
export type PartsTexts = typeof partsEn;
