/** English texts of the pages about tokens, export and import, backup, and the API. */
import { counter } from './numbers';

const counted = counter('en');

export const systemEn = {
  token: {
    section: 'General',
    text: 'The token itself is shown once, when it is made.',
    nameHint: 'The program that uses it.',
    expiresHint: 'The last day on which it works. Empty: it does not end.',
    never: 'never',
    used: 'Last used',
    notUsed: 'not yet',
    usedFrom: (address: string) => `from ${address}`,
    ended: 'Ended',
    goes: 'Programs that use it are refused at once. This cannot be undone.',
    fields: {
      '/name': 'Name',
      '/description': 'Description',
      '/scopes': 'What it may do',
      '/expires': 'Ends',
      '/active': 'Active',
    },
    scopes: {
      read_only: 'See everything, change nothing',
      users: 'Change users, groups, computers, profiles; see the rest',
      full: 'Everything',
      metrics: 'Read the metrics',
    },
    short: { read_only: 'See', users: 'Change people', full: 'Everything', metrics: 'Metrics' },
    secret: {
      title: 'The new token',
      text: 'Copy it now: it is not shown again. A program sends it as Authorization: Bearer with each request.',
      copy: 'Copy',
      copied: 'The token is copied.',
    },
  },
  transfer: {
    title: 'Export, import, backup',
    lead: 'Take out what is set here, bring it in, and keep a copy of the database.',
    export: {
      title: 'Export',
      text: 'Settings, line groups, lines, profiles, users, groups and computers as a ZIP of readable JSON. Passwords, administrators and what offhook.toml sets are not in it.',
      download: 'Download ZIP',
    },
    import: {
      title: 'Import',
      text: 'A ZIP of an export, or users as CSV. You see what would change before anything does; then everything is done, or nothing.',
      drop: 'Drop a ZIP or CSV file here',
      choose: 'Choose a file',
      prune: 'Delete what is not in the ZIP',
      pruneText: 'Only objects of the kinds that it has. Users who are not in a CSV file always stay.',
      wrongFile: 'Choose a ZIP file or a CSV file.',
      reading: (file: string, size: string) => `${file} (${size}) is looked at …`,
      applying: (file: string, size: string) => `${file} (${size}) is imported …`,
      nothing: (file: string) => `${file} changes nothing: everything is so already.`,
      wouldBe: (file: string, what: string) => `With ${file}: ${what}. Nothing is changed yet.`,
      was: (file: string, what: string) => `${file} is imported: ${what}.`,
      done: (count: number) => counted(count, { one: '# change is made.', other: '# changes are made.' }),
      count: {
        created: (count: number) => counted(count, { one: '# object is made', other: '# objects are made' }),
        changed: (count: number) => counted(count, { one: '# is changed', other: '# are changed' }),
        deleted: (count: number) => counted(count, { one: '# is deleted', other: '# are deleted' }),
      },
      pictures: (count: number) => counted(count, { one: '# picture is set', other: '# pictures are set' }),
      effect: { created: 'new', changed: 'changed', deleted: 'deleted' },
      follows: 'since what it refers to is deleted',
      filter: 'Which changes are shown',
      all: 'All changes',
      only: { created: 'Only new ones', changed: 'Only changed ones', deleted: 'Only deleted ones' },
      list: 'What changes',
      more: (count: string) => `Show more (${count} left)`,
      sure: (count: number) => counted(count, { one: 'Delete # object?', other: 'Delete # objects?' }),
      sureText: 'This import deletes what is not in the file. This cannot be undone.',
      apply: 'Import',
      discard: 'Discard',
      failed: (why: string) => `Nothing is imported. ${why}`,
      wrong: (count: number) =>
        counted(count, {
          one: 'Nothing is imported: # thing is wrong.',
          other: 'Nothing is imported: # things are wrong.',
        }),
      document: 'Document',
      place: 'Place',
      field: 'Field',
      problem: 'What is wrong',
      line: (line: number) => `line ${line}`,
      object: (at: number) => `no. ${at}`,
    },
    backup: {
      title: 'Backup',
      text: 'A copy of the whole database as it is at this moment, while everything goes on. Secrets in it are sealed: keep the key file as well, but elsewhere. To restore it, stop the server and put it in place of offhook.sqlite.',
      make: 'Make and download a backup',
      done: 'The backup is downloaded.',
      failed: (why: string) => `There is no backup. ${why}`,
    },
  },
  api: {
    title: 'API',
    lead: 'Every route that the console uses, for your own programs. What you try here is done as you, on this server.',
    download: 'OpenAPI document (JSON)',
  },
};

/** What a language must have. */
export type SystemTexts = typeof systemEn;
