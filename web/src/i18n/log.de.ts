/** German texts of the page of the log. */
import { diagnosisDe } from './diagnosis.de';
import type { LogTexts } from './log.en';
import { counter } from './numbers';

const counted = counter('de');

export const logDe: LogTexts = {
  ...diagnosisDe.captures,
  title: 'Protokoll',
  lead: 'Was der Server festhält. Passwörter stehen nicht darin.',
  areas: 'Was protokolliert wird',
  areasText: 'Eine Änderung gilt sofort und bis zum Ende des Servers.',
  noSystem: 'Das Protokoll des Systems bekommt nichts.',
  system: (level) => `Das Protokoll des Systems bekommt: ${level}.`,
  level: {
    off: 'Nichts',
    error: 'Fehler',
    warn: 'Warnungen',
    info: 'Übliches',
    debug: 'Ausführlich',
    trace: 'Alles',
  },
  kind: { off: '–', error: 'Fehler', warn: 'Warnung', info: 'Üblich', debug: 'Einzelheit', trace: 'Schritt' },
  area: {
    calls: 'Anrufe',
    sip: 'SIP',
    registration: 'Registrierung',
    media: 'Ton',
    clients: 'Clients',
    web: 'Web',
    store: 'Datenbank',
    capture: 'Mitschnitte',
    server: 'Server',
    libraries: 'Bibliotheken',
  },
  what: {
    calls: 'Was mit Anrufen geschieht',
    sip: 'Nachrichten, Transaktionen, Sitzungen, Verbindungen',
    registration: 'Anlagenverbindungen und ihre Leitungen',
    media: 'Codecs, Verschlüsselung, Stille',
    clients: 'Browser und Programme der Benutzer',
    web: 'Anmeldungen, und was Administratoren tun',
    store: 'Was gespeichert wird und was nicht',
    capture: 'Mitschnitte und Verläufe von Anrufen',
    server: 'Start, Ende und alles Übrige',
    libraries: 'Woraus der Server gemacht ist',
  },
  levelOf: (area) => `Was zu ${area} protokolliert wird`,
  levelSet: (area, level) => `${area}: ${level}`,
  noFiles: 'Es gibt noch keine Datei.',
  filesOff: 'Das Protokoll geht in keine Dateien (log.files in der Konfiguration).',
  usedLabel: 'Vom Protokoll belegter Platz',
  missing: (count) =>
    counted(count, {
      one: '# Zeile fehlt in den Dateien: Sie kam zu schnell oder ließ sich nicht schreiben.',
      other: '# Zeilen fehlen in den Dateien: Sie kamen zu schnell oder ließen sich nicht schreiben.',
    }),
  missingElsewhere: (count) =>
    counted(count, {
      one: '# Zeile fehlt dort oder auf der Standardfehlerausgabe.',
      other: '# Zeilen fehlen dort oder auf der Standardfehlerausgabe.',
    }),
  stopped: 'In Dateien wird nichts geschrieben',
  systemProblem: 'Das Protokoll des Systems',
  newest: 'Neueste Zeilen',
  atLeast: 'Wichtigkeit',
  anyLevel: 'Jede Wichtigkeit',
  areaOf: 'Bereich',
  anyArea: 'Alle Bereiche',
  callOf: 'Anruf',
  noLines: 'Keine Zeile passt.',
  time: 'Zeit',
  levelColumn: 'Wichtigkeit',
  areaColumn: 'Bereich',
  message: 'Meldung',
  lost: 'Das Protokoll kann nicht gezeigt werden.',
};
