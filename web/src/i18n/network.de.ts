/** German texts of the pages about interfaces and certificates. */
import type { NetworkTexts } from './network.en';
import { counter } from './numbers';

const counted = counter('de');

export const networkDe: NetworkTexts = {
  interface: {
    section: 'Allgemein',
    sectionText: 'Wo Browser und Programme diesen Server erreichen: die App, diese Konsole und die API.',
    fields: {
      '/name': 'Name',
      '/address': 'Adresse',
      '/port': 'Port',
      '/mode': 'Verschlüsselung',
      '/certificate': 'Zertifikat',
      '/active': 'Aktiv',
    },
    addressHint: '0.0.0.0 sind alle IPv4-Adressen dieses Rechners, :: alle Adressen.',
    portHint: 'Browser erwarten 443 für HTTPS und 80 für HTTP.',
    certificateHint: 'Was Browsern mit TLS gezeigt wird.',
    own: 'Das eigene des Servers (selbstsigniert)',
    modes: {
      plain: 'Keine (HTTP)',
      tls: 'TLS (HTTPS)',
      redirect: 'Keine, leitet Browser zu HTTPS weiter',
    },
    plainText:
      'Ohne TLS geben Browser das Mikrofon nur auf dem Server selbst frei, und andere im Netz können Passwörter mitlesen.',
    place: 'Adresse',
    state: 'Zustand',
    states: { listening: 'Lauscht', failed: 'Lauscht nicht', off: 'Aus', starting: 'Startet …' },
    yours: 'darüber kommen Sie',
    sip: 'Wo SIP empfangen wird, legt die Konfigurationsdatei fest, mit listen.sip und [[listener]]; die Seite Leitungen zeigt, wie es darum steht.',
    leaving: 'Über diese Schnittstelle kommen Sie',
    leavingText: (place) =>
      `Nach dieser Änderung ist die Konsole unter ${place}. Bitte dort öffnen und innerhalb einer Minute bestätigen; sonst nimmt der Server die Änderung von selbst zurück.`,
    leavingNone:
      'Nach dieser Änderung ist die Konsole hier nicht mehr zu erreichen. Bitte innerhalb einer Minute über eine andere Schnittstelle bestätigen; sonst nimmt der Server die Änderung von selbst zurück.',
    leave: 'Ändern',
    moved: 'Die Schnittstelle ist geändert',
    movedText: 'Bitte die Konsole an ihrem neuen Ort öffnen und dort bestätigen:',
    movedLeft: (seconds) =>
      counted(seconds, {
        one: 'Noch eine Sekunde bis zur Rücknahme.',
        other: 'Noch # Sekunden bis zur Rücknahme.',
      }),
    movedUndone: 'Die Zeit ist um: Der Server nimmt die Änderung zurück.',
    close: 'Schließen',
    trial: (seconds) =>
      counted(seconds, {
        one: 'Eine Änderung an Schnittstellen wird in einer Sekunde zurückgenommen, wenn niemand sie bestätigt.',
        other: 'Eine Änderung an Schnittstellen wird in # Sekunden zurückgenommen, wenn niemand sie bestätigt.',
      }),
    confirm: 'Änderung behalten',
    confirmed: 'Die Änderung bleibt.',
  },
  certificate: {
    own: 'Das eigene des Servers',
    ownText: 'Beim ersten Start vom Server gemacht, in seinem Datenverzeichnis. Browser warnen davor.',
    source: { uploaded: 'Hochgeladen', self_signed: 'Selbstsigniert, vom Server gemacht' },
    names: 'Für',
    issuer: 'Ausgestellt von',
    validity: 'Gültig',
    span: (from, to) => `${from} bis ${to}`,
    expires: (span) => `läuft in ${span} ab`,
    expired: (span) => `vor ${span} abgelaufen`,
    fingerprint: 'SHA-256-Fingerabdruck',
    usedBy: 'Benutzt von',
    unused: 'keiner Schnittstelle',
    download: 'Herunterladen',
    replace: 'Ersetzen',
    renew: 'Neu machen',
    renewed: (name) => `${name} ist neu gemacht.`,
    cancel: 'Abbrechen',
    howLabel: 'Wie',
    how: { uploaded: 'Ein ausgestelltes hochladen', self_signed: 'Vom Server machen lassen' },
    uploadText:
      'Das Zertifikat als PEM, dahinter die seiner Aussteller, und sein privater Schlüssel ohne Passwort. Eine PKCS#12-Datei (.p12, .pfx) wird vorher umgewandelt: openssl pkcs12 -in DATEI -nodes -out alles.pem',
    selfText:
      'Selbstsigniert: Browser warnen davor, bis ihnen jemand sagt, dass sie ihm trauen sollen. Für den Anfang gut.',
    name: 'Name',
    pem: 'Zertifikat und Kette (PEM)',
    key: 'Privater Schlüssel (PEM)',
    keyHint: 'Leer lassen, wenn der Schlüssel in derselben Datei steht. Er wird versiegelt und nie gezeigt.',
    hosts: 'Rechnernamen und Adressen',
    hostsHint: 'Je eine Zeile: pbx.example.com, 192.0.2.10',
    file: 'Datei wählen',
    binary: 'Das ist keine PEM-Datei. Bitte vorher umwandeln: openssl pkcs12 -in DATEI -nodes -out alles.pem',
    save: 'Zertifikat speichern',
    saved: (name) => `${name} ist gespeichert.`,
  },
};
