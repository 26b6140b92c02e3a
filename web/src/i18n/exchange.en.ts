/** English texts of rules as files. */
import { counter } from './numbers';

const counted = counter('en');

export const exchangeEn = {
  group: (list: string) => `${list}: files`,
  out: (format: string) => `Export as ${format}`,
  saved: 'A file has the list as it is saved: your changes are not in it yet.',
  in: 'Import',
  title: (file: string) => `Import ${file}`,
  has: (count: number) =>
    counted(count, {
      one: 'The file has # entry, and nothing is wrong with it.',
      other: 'The file has # entries, and nothing is wrong with them.',
    }),
  added: (count: number) => counted(count, { one: '# that is not saved yet', other: '# that are not saved yet' }),
  removed: (count: number) =>
    counted(count, { one: '# that is saved and not in the file', other: '# that are saved and not in the file' }),
  more: (count: number) => counted(count, { one: '… and # more', other: '… and # more' }),
  what: (count: number) =>
    counted(count, { one: 'What is in the draft (# entry)', other: 'What is in the draft (# entries)' }),
  replace: 'goes, and the file takes its place',
  add: 'stays, and the file comes after it',
  draft: 'Nothing is saved yet: look at the rules on the page, then save it.',
  take: 'Take over',
  taken: (count: number) =>
    counted(count, { one: '# entry is in the draft now.', other: '# entries are in the draft now.' }),
  failed: (file: string, why: string) => `${file} is not imported. ${why}`,
  wrong: (file: string, count: number) =>
    counted(count, {
      one: `${file} is not imported: # thing is wrong.`,
      other: `${file} is not imported: # things are wrong.`,
    }),
  line: 'Line',
  column: 'Column',
  problem: 'What is wrong',
};
