import { counter } from './numbers';
import type { SecurityTexts } from './security.en';

const counted = counter('de');

export const securityDe: SecurityTexts = {
  title: 'Sicherheit',
  lead: 'Wie Sie sich anmelden und wo Sie angemeldet sind.',
  failed: (why) => `Das hat nicht geklappt. ${why}`,
  again: 'Noch einmal versuchen',
  cancel: 'Abbrechen',
  code: 'Code',
  codeTitle: 'Zweiter Faktor',
  codeText:
    'Ihr Passwort stimmt. Bitte den Code eingeben, den Ihre Authenticator-App zeigt, oder einen Ihrer Wiederherstellungscodes.',
  back: 'Zurück',
  waitFor: (seconds) =>
    counted(seconds, { one: 'Bitte in # Sekunde wieder versuchen.', other: 'Bitte in # Sekunden wieder versuchen.' }),
  waitMinutes: (minutes) =>
    counted(minutes, { one: 'Bitte in # Minute wieder versuchen.', other: 'Bitte in # Minuten wieder versuchen.' }),
  password: {
    title: 'Passwort',
    text: 'Ein neues Passwort beendet Ihre Sitzungen in allen anderen Browsern und Programmen.',
    inFile: 'Ihr Passwort steht in der Konfigurationsdatei des Servers. Ihr Administrator kann es dort ändern.',
    old: 'Jetziges Passwort',
    new: 'Neues Passwort',
    hint: (least) => counted(least, { one: 'Mindestens # Zeichen.', other: 'Mindestens # Zeichen.' }),
    show: 'Passwort zeigen oder verbergen',
    change: 'Passwort ändern',
    done: 'Ihr Passwort ist geändert. Alle anderen Sitzungen sind beendet.',
    needed: 'Bitte Ihr jetziges Passwort eingeben.',
    empty: 'Bitte ein neues Passwort eingeben.',
  },
  factor: {
    title: 'Zweiter Faktor',
    text: 'Beim Anmelden geben Sie zusätzlich einen Code ein, den eine Authenticator-App auf Ihrem Telefon zeigt. Wer nur Ihr Passwort kennt, kommt nicht hinein.',
    off: 'Nicht eingerichtet',
    on: (date) => `Eingerichtet am ${date}`,
    left: (count) =>
      counted(count, {
        one: '# Wiederherstellungscode ist übrig.',
        other: '# Wiederherstellungscodes sind übrig.',
      }),
    needed: 'Die Einstellungen dieses Servers verlangen einen zweiten Faktor.',
    confirm: 'Ihr Passwort',
    setUp: 'Einrichten',
    replace: 'Andere App verwenden',
    remove: 'Entfernen',
    renew: 'Neue Wiederherstellungscodes',
    next: 'Weiter',
    confirmSetUp: 'Zweiten Faktor einrichten',
    confirmRemove: 'Zweiten Faktor entfernen',
    confirmRenew: 'Neue Wiederherstellungscodes',
    renewText: 'Die bisherigen Wiederherstellungscodes gelten dann nicht mehr.',
    removeText: 'Dann genügt zum Anmelden Ihr Passwort.',
    removed: 'Der zweite Faktor ist entfernt.',
  },
  enrolment: {
    title: 'Authenticator-App einrichten',
    demanded: 'Dieser Server verlangt einen zweiten Faktor. Bitte einrichten, um fortzufahren.',
    scan: 'Scannen Sie diesen Code mit der App (zum Beispiel Aegis oder FreeOTP).',
    picture: 'QR-Code für die Authenticator-App',
    type: 'Oder tippen Sie diesen Schlüssel in die App:',
    code: 'Code, den die App zeigt',
    check: 'Code prüfen',
    recovery: 'Ihre Wiederherstellungscodes',
    recoveryText:
      'Mit jedem können Sie sich einmal anmelden, wenn Sie Ihr Telefon nicht zur Hand haben. Sie werden nur jetzt gezeigt: Bitte aufschreiben und so verwahren, dass niemand sonst an sie kommt.',
    copy: 'Kopieren',
    copied: 'Kopiert.',
    kept: 'Ich habe die Codes verwahrt',
  },
  sessions: {
    title: 'Wo Sie angemeldet sind',
    text: 'Melden Sie ab, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.',
    none: 'Keine Sitzungen.',
    here: 'dieser Browser',
    unknown: 'Unbekanntes Programm',
    made: (when) => `Angemeldet ${when}`,
    used: (when) => `zuletzt benutzt ${when}`,
    from: (address) => `von ${address}`,
    end: 'Abmelden',
    endThis: (what) => `${what} abmelden`,
    endOthers: 'Alle anderen abmelden',
    ended: 'Abgemeldet.',
    endedMany: (count) => counted(count, { one: '# Sitzung ist beendet.', other: '# Sitzungen sind beendet.' }),
    on: (browser, system) => `${browser} unter ${system}`,
  },
  admin: {
    title: 'Anmeldung',
    text: 'Was dieses Konto schützt und wo es angemeldet ist.',
    locked: (failures) =>
      counted(failures, {
        one: 'Gesperrt nach # falschen Passwort oder Code',
        other: 'Gesperrt nach # falschen Passwörtern oder Codes',
      }),
    lockedText: (when) =>
      `Anderswo als dort, wo diese Person sich schon angemeldet hat, zählt der nächste Versuch um ${when}.`,
    unlock: 'Entsperren',
    unlocked: 'Das Konto ist entsperrt.',
    notLocked: 'Nicht gesperrt',
    factor: 'Zweiter Faktor',
    missing: 'Nicht eingerichtet: Die Person wird beim nächsten Anmelden dazu aufgefordert.',
    removeSure: (name) => `Zweiten Faktor von ${name} entfernen?`,
    removeSureText:
      'Dann genügt zum Anmelden das Passwort. Das ist für den Fall, dass Telefon und Wiederherstellungscodes verloren sind.',
    sessions: 'Sitzungen',
    none: 'Nirgends angemeldet.',
    endAll: 'Überall abmelden',
    attempts: 'Letzte Anmeldungen',
    noAttempts: 'Noch niemand hat sich angemeldet.',
    outcomes: {
      signed_in: 'Angemeldet',
      recovery_code: 'Mit Wiederherstellungscode angemeldet',
      wrong_password: 'Falsches Passwort',
      wrong_code: 'Falscher Code des zweiten Faktors',
    },
  },
};
