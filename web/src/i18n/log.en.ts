/** English texts of the page of the log. */
import type { Area, LogLevel } from '../generated/protocol';
import { diagnosisEn } from './diagnosis.en';
import { counter } from './numbers';

const counted = counter('en');

const level: Record<LogLevel, string> = {
  off: 'Nothing',
  error: 'Errors',
  warn: 'Warnings',
  info: 'Usual',
  debug: 'Detailed',
  trace: 'Everything',
};

/** What a line of a level is. */
const kind: Record<LogLevel, string> = {
  off: '–',
  error: 'Error',
  warn: 'Warning',
  info: 'Usual',
  debug: 'Detail',
  trace: 'Step',
};

const area: Record<Area, string> = {
  calls: 'Calls',
  sip: 'SIP',
  registration: 'Registration',
  media: 'Audio',
  clients: 'Clients',
  web: 'Web',
  store: 'Database',
  capture: 'Captures',
  server: 'Server',
  libraries: 'Libraries',
};

const what: Record<Area, string> = {
  calls: 'What happens to calls',
  sip: 'Messages, transactions, sessions, connections',
  registration: 'PBX connections and their lines',
  media: 'Codecs, encryption, silence',
  clients: 'Browsers and programs of users',
  web: 'Signing in, and what administrators do',
  store: 'What is kept, and what is not',
  capture: 'Captures and traces of calls',
  server: 'Starting, stopping and the rest',
  libraries: 'What the server is made with',
};

export const logEn = {
  ...diagnosisEn.captures,
  title: 'Log',
  lead: 'What the server notes. Passwords are not in it.',
  areas: 'What is logged',
  areasText: 'A change takes effect at once and lasts until the server ends.',
  noSystem: 'The log of the system gets nothing.',
  system: (level: string) => `The log of the system gets: ${level}.`,
  level,
  kind,
  area,
  what,
  levelOf: (area: string) => `What is logged of ${area}`,
  levelSet: (area: string, level: string) => `${area}: ${level}`,
  noFiles: 'There is no file yet.',
  filesOff: 'The log goes to no files (log.files in the configuration).',
  usedLabel: 'Room used by the log',
  missing: (count: number) =>
    counted(count, {
      one: '# line is missing in the files: it came too fast or could not be written.',
      other: '# lines are missing in the files: they came too fast or could not be written.',
    }),
  missingElsewhere: (count: number) =>
    counted(count, {
      one: '# line is missing there or on standard error.',
      other: '# lines are missing there or on standard error.',
    }),
  stopped: 'Nothing is written to files',
  systemProblem: 'The log of the system',
  newest: 'Newest lines',
  atLeast: 'Importance',
  anyLevel: 'Any importance',
  areaOf: 'Area',
  anyArea: 'All areas',
  callOf: 'Call',
  noLines: 'No line matches.',
  time: 'Time',
  levelColumn: 'Importance',
  areaColumn: 'Area',
  message: 'Message',
  lost: 'The log cannot be shown.',
};

/** What a language must have. */
export type LogTexts = typeof logEn;
