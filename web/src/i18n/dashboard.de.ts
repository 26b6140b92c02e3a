import type { DashboardTexts } from './dashboard.en';
import { counter } from './numbers';

const counted = counter('de');

export const dashboardDe: DashboardTexts = {
  title: 'Auf einen Blick',
  lead: (version, uptime) => `Offhook ${version}, läuft seit ${uptime}`,
  calls: 'Anrufe heute',
  now: 'jetzt',
  today: 'heute',
  failed: (percent) => `gescheitert oder schlecht, ${percent}`,
  well: 'gut verlaufen',
  bad: 'gescheitert oder schlecht',
  hour: (time, all, bad) =>
    `${time}: ${counted(all, { one: '# Anruf', other: '# Anrufe' })}, davon ${bad} gescheitert oder schlecht`,
  causes: 'Warum Anrufe heute scheiterten',
  noneFailed: 'Heute ist kein Anruf gescheitert.',
  lines: 'Leitungen',
  linesChart: (usable, all) => `${usable} von ${all} Leitungen sind nutzbar.`,
  noLines: 'Es gibt noch keine Leitung.',
  changes: 'Letzte Änderungen',
  noChanges: 'Noch wurde nichts geändert.',
  next: {
    title: 'Wie es weitergeht',
    done: 'Erledigt',
    hide: 'Ausblenden',
    pbx: 'Telefonanlage anbinden',
    pbxText: 'Ihre Adresse genügt für den Anfang; vor dem Speichern lässt sich alles ausprobieren.',
    line: 'Leitungen hinzufügen',
    lineText: 'Jede ist eine Rufnummer der Anlage, mit der hier jemand telefoniert.',
    user: 'Benutzer hinzufügen',
    userText: 'Ihre Leitung bekommen sie über ihre Rufnummer; angemeldet wird mit einem Passwort.',
    client: 'Anmelden und telefonieren',
    clientText: 'Die App zum Telefonieren hat die Adresse dieses Servers.',
  },
};
