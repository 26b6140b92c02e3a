/** Lists of rules, and which of their rules act on a number. Pure. */
import type {
  ExplainedNumber,
  LocationObject,
  NoteCode,
  NumberKind,
  NumberStep,
  Project,
  SimpleRule,
} from '../../../generated/site';

/** A list with one of its entries at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length) return [...list];
  const others = list.filter((_, at) => at !== from);
  return [...others.slice(0, to), item, ...others.slice(to)];
}

/** Texts that a person separates by spaces, commas or semicolons. */
export const words = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** Notes of steps in which a rule acts; its place in the list, from 1, is their first value. */
const ACTING: readonly NoteCode[] = [
  'rule_replaced',
  'rule_emptied',
  'rule_fits',
  'external',
  'internal',
  'emergency_rule',
];

/** The list that a step takes its rules from. */
export function listOf(step: NumberStep['name'], kind: NumberKind): string | null {
  switch (step) {
    case 'formatting':
      return kind === 'caller' || kind === 'connected_incoming' ? '/formatting/incoming' : '/formatting/outgoing';
    case 'external_rules':
      return '/external_rules';
    case 'internal_rules':
      return '/internal_rules';
    case 'dialling_rules':
      return '/formatting/dialling';
    case 'final_rules':
      return '/formatting/dialling_final';
    case 'emergency':
      return '/emergency/rules';
    case 'simple_rules':
      return '/simple/rules';
    default:
      return null;
  }
}

/** The rules that act on a number: pointers to them. */
export function acting({ steps }: Pick<ExplainedNumber, 'steps'>, kind: NumberKind): string[] {
  return steps.flatMap(({ name, note }) => {
    const list = listOf(name, kind);
    const place = Number(note.values[0]);
    return list !== null && ACTING.includes(note.code) && place >= 1 ? [`${list}/${place - 1}`] : [];
  });
}

/** Whether two numbers come out the same. How they came about may differ. */
export function sameResult(one: ExplainedNumber, other: ExplainedNumber): boolean {
  const result = ({ steps: _, location: __, ...rest }: ExplainedNumber) => JSON.stringify(rest);
  return result(one) === result(other);
}

/** What a project and the access code of a private call ask for. A project that is only noted asks for nothing. */
export function asks(project: Pick<Project, 'code' | 'use'> | undefined, privateCode: string) {
  const codes = (project && project.use !== 'journal' ? project.code : '') + privateCode;
  return { pin: /[eE]/.test(codes), user: /[uU]/.test(codes) };
}

/** Entries of lists in a location, where blank ones are added to be filled in. */
const FILLED = [
  ['external_rules'],
  ['internal_rules'],
  ['line_rules'],
  ['formatting', 'incoming'],
  ['formatting', 'outgoing'],
  ['formatting', 'dialling'],
  ['formatting', 'dialling_final'],
  ['emergency', 'rules'],
  ['projects'],
  ['least_cost_routing', 'providers'],
  ['least_cost_routing', 'zones'],
  ['north_america', 'free_areas'],
  ['simple', 'rules'],
  ['numbering', 'ranges'],
  ['numbering', 'numbers'],
] as const;

/** A location without the entries at the ends of its lists in which nothing has been typed yet. */
export function withoutBlank(location: LocationObject): LocationObject {
  return FILLED.reduce<object>((object, path) => trimmed(object, path), location) as LocationObject;
}

function trimmed(object: object, [key, ...rest]: readonly string[]): object {
  const value = (object as Record<string, unknown>)[key ?? ''];
  if (key === undefined || typeof value !== 'object' || value === null) return object;
  const now = Array.isArray(value)
    ? value.slice(0, value.findLastIndex((each: object) => !isBlank(each)) + 1)
    : trimmed(value, rest);
  const isSame = Array.isArray(now) ? now.length === (value as unknown[]).length : now === value;
  return isSame ? object : { ...object, [key]: now };
}

/** Choices have one that they begin with, rules a priority; a number with + begins with that. */
const isBlank = (entry: object) =>
  Object.entries(entry).every(
    ([key, value]) =>
      ['compare', 'use', 'priority'].includes(key) ||
      [null, '', 0, '+'].includes(value as null) ||
      (Array.isArray(value) && value.length === 0),
  );

/** What a priority can be at most. */
export const MAX_PRIORITY = 0xffff_ffff;

/** The priority of a rule that is tried after these. */
export const nextPriority = (rules: readonly SimpleRule[]) =>
  Math.min(Math.max(0, ...rules.map(({ priority }) => priority)) + 10, MAX_PRIORITY);

/** Whether rules stand in the order in which they are tried. */
export const areSorted = (rules: readonly SimpleRule[]) =>
  rules.every(({ priority }, at) => priority >= (rules[at - 1]?.priority ?? 0));

/** Where a pointer leads, in words: the list, the place in it, the field. */
export function placeOf(
  pointer: string,
  labels: Readonly<Record<string, string>>,
  entry: (list: string, place: number) => string,
): string {
  const parts = pointer.split('/').slice(1);
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  const list = `/${parts.slice(0, at).join('/')}`;
  if (at < 0) return labels[pointer] ?? '';
  const field = labels[`${list}/*/${parts.slice(at + 1).join('/')}`];
  return [entry(labels[list] ?? list, Number(parts[at]) + 1), ...(field ? [field] : [])].join(', ');
}

/** A time of day as minutes since midnight; null: it is none. */
export function minuteOf(time: string): number | null {
  const [, hour, minute] = /^(\d\d?):(\d\d)/.exec(time) ?? [];
  const all = Number(hour) * 60 + Number(minute);
  return all >= 0 && all < 24 * 60 ? all : null;
}
