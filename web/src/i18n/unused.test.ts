/** No text is there that nothing shows: a key counts as used where a source reads it by its path. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { en } from './en';

/** What types of texts stand for. */
const ROOTS: Record<string, string> = {
  Texts: '',
  AdminTexts: 'admin',
  DiagnosisTexts: 'admin',
  LogTexts: 'admin.log',
  PartsTexts: 'admin.parts',
  SiteTexts: 'admin.site',
  SecurityTexts: 'security',
  NetworkTexts: 'admin.network',
  SetupTexts: 'setup',
};

const folder = fileURLToPath(new URL('..', import.meta.url));
const sources = (readdirSync(folder, { recursive: true }) as string[])
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|^i18n|^generated/.test(name))
  .map((name) => readFileSync(folder + name, 'utf8'))
  // One name may stand for one part of the texts here and for another in the next function.
  .flatMap((source) =>
    source.split(/\n(?=(?:export )?(?:default )?(?:async )?(?:function|const|class|interface|type) )/),
  );

const join = (...parts: string[]) => parts.filter(Boolean).join('.');
const pathOf = (chain: string) => chain.replace(/\??\./g, '.').replace(/^\./, '');

/** The names that a source has for texts, and where in the texts they stand. */
function namesIn(source: string): Map<string, Set<string>> {
  const names = new Map([['texts', new Set([''])]]);
  const add = (name: string, path: string) => names.set(name, new Set([...(names.get(name) ?? []), path]));
  // A parameter or field whose type is a part of the texts: `t: DiagnosisTexts['ladder']`.
  for (const [, name = '', root = '', keys = ''] of source.matchAll(/(\w+)\??: (\w*Texts)\b((?:\['\w+'\])*)/g)) {
    if (root in ROOTS) add(name, join(ROOTS[root] ?? '', ...[...keys.matchAll(/'(\w+)'/g)].map(([, key = '']) => key)));
  }
  // A part of them under another name, or of what has such a name already.
  for (let before = 0; before !== names.size;) {
    before = names.size;
    for (const [, name = '', base = '', chain = ''] of source.matchAll(/const (\w+) = (\w+)((?:\.\w+)*);/g)) {
      for (const path of names.get(base) ?? []) add(name, join(path, pathOf(chain)));
    }
  }
  return names;
}

/** Paths that a source reads. One that ends at an object, or goes on by a name it computes, reads all below it. */
function readIn(source: string): string[] {
  const names = namesIn(source);
  const declared = new Set(
    [...source.matchAll(/const \w+ = (\w+(?:\.\w+)*);/g)].map(({ index, 0: text }) => index + text.indexOf('= ') + 2),
  );
  const chains = [...source.matchAll(/(?<![\w.])(\w+)((?:\s*\??\.\w+)+)/g)].flatMap(
    ({ 1: name = '', 2: chain = '', index }) =>
      declared.has(index)
        ? []
        : [...(names.get(name) ?? [])].map((path) => join(path, pathOf(chain.replace(/\s+/g, '')))),
  );
  // `t[page]`, where no name of a key stands behind.
  const computed = [...source.matchAll(/(?<![\w.])(\w+)\[/g)].flatMap(({ 1: name = '' }) =>
    [...(names.get(name) ?? [])].filter((path) => path !== ''),
  );
  // The keys that a type picks are those that whoever has it reads.
  const picked = [...source.matchAll(/Pick<\s*Texts((?:\['\w+'\])+),([^>]*)>/g)].flatMap(([, part = '', keys = '']) => {
    const path = [...part.matchAll(/'(\w+)'/g)].map(([, key = '']) => key);
    return [...keys.matchAll(/'(\w+)'/g)].map(([, key = '']) => join(...path, key));
  });
  return [...chains, ...computed, ...picked];
}

/** All paths of texts. The log's files are spoken of with the keys of captures, which count there. */
function leaves(part: object, path = ''): string[] {
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) => {
    if (path === 'admin.log' && key in en.admin.captures) return [];
    return typeof value === 'object' && value !== null ? leaves(value, join(path, key)) : [join(path, key)];
  });
}

it('has no text that nothing shows', () => {
  const read = new Set(sources.flatMap(readIn));
  const isRead = (path: string) =>
    path.split('.').some((_, at, parts) => read.has(parts.slice(0, at + 1).join('.'))) ||
    // `.length` and other properties of what was read.
    [...read].some((each) => each.startsWith(`${path}.`));
  expect(leaves(en).filter((path) => !isRead(path))).toEqual([]);
});
