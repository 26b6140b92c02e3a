/** Values of objects in words: for conflicts and for what was changed. */
import type { Grant, Level, Numbering, Scope, SecondFactorRule, ServiceRight } from '../../generated/site';
import { levels, services } from '../../generated/siteTables';
import { useTranslation, type Language } from '../../i18n';
import type { Texts } from '../../i18n/en';
import type { Words } from '../parts/ConflictDialog';
import { numbersOf } from './location';
import { knownTitle } from './names';
import { inLanguage, rightName } from './rights';

/** A moment, in seconds since 1970, as a day. */
export const dateOf = (seconds: number, language: Language) =>
  new Date(seconds * 1000 - 1).toLocaleDateString(language, { dateStyle: 'medium' });

/** What a grant is called. */
export function grantWords(grant: Grant, language: Language, special: string): string {
  if (grant.level !== 'special') return inLanguage(levels[grant.level as Level], language);
  return `${special} (${(grant.rights ?? []).map((right) => rightName(right, language)).join('; ') || '–'})`;
}

/** The labels of the fields of a kind, by their pointers. */
export function labelsOf(kind: string, { site: t, network }: Texts['admin']): Readonly<Record<string, string>> {
  const all: Record<string, Readonly<Record<string, string>>> = {
    user: t.user.fields,
    group: t.group.fields,
    computer: t.computer.fields,
    profile: t.profile.fields,
    administrator: t.administrator.fields,
    token: t.token.fields,
    settings: t.settings.fields,
    interface: network.interface.fields,
    certificate: { '/name': network.certificate.name, '/names': network.certificate.names },
    line_group: t.lineGroup.fields,
    line: t.line.fields,
    location: { ...t.location.fields, ...t.rules.fields },
  };
  return all[kind] ?? {};
}

/** A value in words; undefined: as others of its type. `title` tells what ids of users and groups stand for. */
export function inWords(
  pointer: string,
  value: unknown,
  language: Language,
  t: Texts['admin']['site'],
  title: (id: string) => string,
): string | undefined {
  if (pointer === '/second_factor') return t.settings.secondFactor[value as SecondFactorRule];
  if (isGrant(value)) return grantWords(value, language, t.grant.special);
  if (pointer === '/services' && Array.isArray(value)) {
    return (value as ServiceRight[])
      .map((service) => (Object.hasOwn(services, service) ? inLanguage(services[service], language) : service))
      .join(', ');
  }
  if (pointer === '/scopes' && Array.isArray(value)) {
    return (value as Scope[]).map((scope) => t.token.scopes[scope]).join(', ');
  }
  // Line groups have seconds there, a day at most.
  if (pointer === '/expires' && !(typeof value === 'number' && value <= 86_400))
    return value === null ? t.token.never : dateOf(Number(value), language);
  if (['/members', '/leader', '/deputy', '/profile', '/group'].includes(pointer)) {
    if (typeof value === 'string') return title(value);
    if (Array.isArray(value)) return value.map((id) => title(String(id))).join(', ');
  }
  if (pointer === '/numbering' && isNumbering(value)) return numberingWords(value, t.location);
  if (Array.isArray(value) && value.length > 0 && typeof value[0] === 'object') {
    return value.map((row) => rowWords(row as Record<string, unknown>, language, t, title)).join('; ');
  }
  return undefined;
}

/** A connection: its kind, its numbers, and how long internal ones are. */
function numberingWords(numbering: Numbering, t: Texts['admin']['site']['location']): string {
  const { kind, shortest, longest } = numbering;
  const numbers =
    numbering.kind === 'multipoint'
      ? numbering.numbers.map(({ number, internal }) => (internal ? `${number} (${internal})` : number)).join(', ')
      : numbersOf(numbering);
  const lengths = [
    ...(shortest > 0 ? [`${t.fields['/numbering/shortest']}: ${shortest}`] : []),
    ...(longest > 0 ? [`${t.fields['/numbering/longest']}: ${longest}`] : []),
  ];
  return [t.kinds[kind], numbers, ...lengths].filter(Boolean).join('; ');
}

/** A row of a list: what it is called, and what of it is on. */
function rowWords(
  row: Record<string, unknown>,
  language: Language,
  t: Texts['admin']['site'],
  title: (id: string) => string,
): string {
  const parts = Object.entries(row).flatMap(([key, value]) => {
    if (isGrant(value)) return [grantWords(value, language, t.grant.special)];
    if (key === 'to' || key === 'group') return [title(String(value))];
    if (typeof value === 'boolean') return value ? [t.row[key as keyof typeof t.row] ?? key] : [];
    // Zones have a provider for each half hour.
    if (Array.isArray(value)) return [...new Set(value.filter(Boolean))].map(String);
    return value === '' || value === null ? [] : [String(value)];
  });
  return parts.join(', ');
}

function isGrant(value: unknown): value is Grant {
  return typeof value === 'object' && value !== null && 'level' in value;
}

function isNumbering(value: unknown): value is Numbering {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** Entries of a list that are told one by one. */
const FEW = 10;

/** The same for locations, whose lists have hundreds of rules, and zones as many values. */
export function useLocationWords(): Words {
  const { texts, language } = useTranslation();
  const t = texts.admin.site;
  return (pointer, value) =>
    Array.isArray(value) && (value.length > FEW || pointer.startsWith('/least_cost_routing/'))
      ? t.rules.count(value.length)
      : inWords(pointer, value, language, t, knownTitle);
}

export function useWords(): Words {
  const { texts, language } = useTranslation();
  const t = texts.admin.site;
  return (pointer, value) => inWords(pointer, value, language, t, knownTitle);
}
