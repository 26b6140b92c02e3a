/** German texts of rules as files. */
import type { exchangeEn } from './exchange.en';
import { counter } from './numbers';

const counted = counter('de');

export const exchangeDe: typeof exchangeEn = {
  group: (list) => `${list}: Dateien`,
  out: (format) => `Als ${format} exportieren`,
  saved: 'Eine Datei hat die Liste, wie sie gespeichert ist: Ihre Änderungen sind noch nicht darin.',
  in: 'Importieren',
  title: (file) => `${file} importieren`,
  has: (count) =>
    counted(count, {
      one: 'Die Datei hat # Eintrag, und nichts daran ist falsch.',
      other: 'Die Datei hat # Einträge, und nichts daran ist falsch.',
    }),
  added: (count) => counted(count, { one: '# ist noch nicht gespeichert', other: '# sind noch nicht gespeichert' }),
  removed: (count) =>
    counted(count, {
      one: '# ist gespeichert und nicht in der Datei',
      other: '# sind gespeichert und nicht in der Datei',
    }),
  more: (count) => counted(count, { one: '… und # weiterer', other: '… und # weitere' }),
  what: (count) =>
    counted(count, { one: 'Was im Entwurf steht (# Eintrag)', other: 'Was im Entwurf steht (# Einträge)' }),
  replace: 'geht, und die Datei tritt an seine Stelle',
  add: 'bleibt, und die Datei kommt dahinter',
  draft: 'Noch ist nichts gespeichert: Bitte die Regeln auf der Seite ansehen, dann speichern.',
  take: 'Übernehmen',
  taken: (count) =>
    counted(count, { one: '# Eintrag steht jetzt im Entwurf.', other: '# Einträge stehen jetzt im Entwurf.' }),
  failed: (file, why) => `${file} wird nicht importiert. ${why}`,
  wrong: (file, count) =>
    counted(count, {
      one: `${file} wird nicht importiert: # Fehler.`,
      other: `${file} wird nicht importiert: # Fehler.`,
    }),
  line: 'Zeile',
  column: 'Spalte',
  problem: 'Was falsch ist',
};
