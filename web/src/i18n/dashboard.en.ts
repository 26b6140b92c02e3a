/** English texts of the console's first page. */
import { counter } from './numbers';

const counted = counter('en');

export const dashboardEn = {
  title: 'At a glance',
  lead: (version: string, uptime: string) => `Offhook ${version}, running for ${uptime}`,
  calls: 'Calls today',
  now: 'now',
  today: 'today',
  failed: (percent: string) => `failed or bad, ${percent}`,
  well: 'went well',
  bad: 'failed or bad',
  /** What a bar stands for. */
  hour: (time: string, all: number, bad: string) =>
    `${time}: ${counted(all, { one: '# call', other: '# calls' })}, ${bad} of them failed or bad`,
  causes: 'Why calls failed today',
  noneFailed: 'No call has failed today.',
  lines: 'Lines',
  linesChart: (usable: string, all: string) => `${usable} of ${all} lines can be used.`,
  noLines: 'There is no line yet.',
  changes: 'Latest changes',
  noChanges: 'Nothing has been changed yet.',
  next: {
    title: 'What to do next',
    done: 'Done',
    hide: 'Hide this',
    pbx: 'Connect a PBX',
    pbxText: 'Its address is enough to begin with, and can be tried out before it is kept.',
    line: 'Add lines',
    lineText: 'Each is a telephone number of the PBX that somebody telephones with here.',
    user: 'Add users',
    userText: 'They get their line by their telephone number, and sign in with a password.',
    client: 'Sign in and call',
    clientText: 'The app for telephoning is at the address of this server.',
  },
};

export type DashboardTexts = typeof dashboardEn;
