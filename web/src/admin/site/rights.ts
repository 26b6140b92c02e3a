/** Rights, levels and services, as the tables of the server have them. Pure. */
import type { Grant, Level, Right, Section, ServiceRight } from '../../generated/site';
import { levels, rights, sections, services } from '../../generated/siteTables';
import type { Language } from '../../i18n';

export const LEVELS = Object.keys(levels) as Level[];
export const SERVICES = Object.keys(services) as ServiceRight[];
/** The levels that give anything. */
export const GIVING = LEVELS.slice(1);

/** What a table of the server calls something. */
export const inLanguage = ({ english, german }: { english: string; german: string }, language: Language) =>
  language === 'de' ? german : english;

/** Every right, by what it is about. */
export const SECTIONS = (Object.keys(sections) as Section[]).map((section) => ({
  section,
  rights: rights.filter((each) => each.section === section),
}));

/** Whether a level gives a right: each has those of the levels before it. */
export function gives(level: Level, right: Right): boolean {
  const least = rights.find((each) => each.right === right)?.level ?? null;
  return least !== null && LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** The rights that a grant gives. */
export function rightsOf({ level, rights: own = [] }: Grant): ReadonlySet<Right> {
  if (level === 'special') return new Set(own);
  return new Set(rights.map(({ right }) => right).filter((right) => gives(level, right)));
}

/** A grant of these rights alone, in the order of the table. */
export const special = (chosen: ReadonlySet<Right>): Grant => ({
  level: 'special',
  rights: rights.map(({ right }) => right).filter((right) => chosen.has(right)),
});

/** A right with what it is about, where it stands alone: "First line (business): Pick up calls". */
export function rightName(right: Right, language: Language): string {
  const found = rights.find((each) => each.right === right);
  return found ? `${inLanguage(sections[found.section], language)}: ${inLanguage(found, language)}` : right;
}
