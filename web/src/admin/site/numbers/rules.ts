/** Lists of rules, and which of their rules act on a number. Pure. */
import type { ExplainedNumber, NumberKind, NoteCode, NumberStep } from '../../../generated/site';

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
const ACTING: readonly NoteCode[] = ['rule_replaced', 'rule_fits', 'external', 'internal', 'emergency_rule'];

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

/** What a code of a project asks for. */
export const asks = (code: string) => ({ pin: /[eE]/.test(code), user: /[uU]/.test(code) });

/** A time of day as minutes since midnight; null: it is none. */
export function minuteOf(time: string): number | null {
  const [, hour, minute] = /^(\d\d?):(\d\d)/.exec(time) ?? [];
  const all = Number(hour) * 60 + Number(minute);
  return all >= 0 && all < 24 * 60 ? all : null;
}
