/** What the fields of rules are called: the same in each list. */

const LISTS = [
  '/external_rules',
  '/internal_rules',
  '/line_rules',
  '/formatting/incoming',
  '/formatting/outgoing',
  '/formatting/dialling',
  '/formatting/dialling_final',
];

/** By their pointers. */
export const ruleFields = (pattern: string, replacement: string, description: string): Record<string, string> =>
  Object.fromEntries(
    LISTS.flatMap((list) =>
      Object.entries({ pattern, replacement, description }).map(([field, name]) => [`${list}/*/${field}`, name]),
    ),
  );
