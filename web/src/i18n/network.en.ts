/** English texts of the pages about interfaces and certificates. */
import { counter } from './numbers';

const counted = counter('en');

export const networkEn = {
  interface: {
    section: 'General',
    sectionText: 'Where browsers and programs reach this server: the app, this console and the API.',
    fields: {
      '/name': 'Name',
      '/address': 'Address',
      '/port': 'Port',
      '/mode': 'Encryption',
      '/certificate': 'Certificate',
      '/active': 'Active',
    },
    addressHint: '0.0.0.0 is every IPv4 address of this machine, :: every address.',
    portHint: 'Browsers expect 443 for HTTPS and 80 for HTTP.',
    certificateHint: 'What browsers are shown with TLS.',
    own: 'The server’s own (self-signed)',
    modes: {
      plain: 'None (HTTP)',
      tls: 'TLS (HTTPS)',
      redirect: 'None, sends browsers on to HTTPS',
    },
    plainText:
      'Without TLS, browsers give the microphone to the page only on the server itself, and others in the network can read passwords.',
    place: 'Address',
    state: 'State',
    states: { listening: 'Listens', failed: 'Does not listen', off: 'Off', starting: 'Starting …' },
    yours: 'you come by this one',
    sip: 'Where SIP is received is set in the configuration file, with listen.sip and [[listener]]; the page Lines shows how that stands.',
    leaving: 'You come by this interface',
    leavingText: (place: string) =>
      `After this change the console is at ${place}. Open it there and confirm within a minute; otherwise the server undoes the change by itself.`,
    leavingNone:
      'After this change the console cannot be reached here any more. Confirm within a minute, by another interface; otherwise the server undoes the change by itself.',
    leave: 'Change it',
    moved: 'The interface has changed',
    movedText: 'Open the console at its new place and confirm there:',
    movedLeft: (seconds: number) =>
      counted(seconds, { one: 'Another second until it is undone.', other: 'Another # seconds until it is undone.' }),
    movedUndone: 'The time is over: the server undoes the change.',
    close: 'Close',
    trial: (seconds: number) =>
      counted(seconds, {
        one: 'A change of interfaces is undone in a second, unless it is confirmed.',
        other: 'A change of interfaces is undone in # seconds, unless it is confirmed.',
      }),
    confirm: 'Keep the change',
    confirmed: 'The change stays.',
  },
  certificate: {
    own: 'The server’s own',
    ownText: 'Made by the server at its first start, in its data directory. Browsers warn of it.',
    source: { uploaded: 'Uploaded', self_signed: 'Self-signed, made by the server' },
    names: 'For',
    issuer: 'Issued by',
    validity: 'Valid',
    span: (from: string, to: string) => `${from} to ${to}`,
    expires: (span: string) => `expires in ${span}`,
    expired: (span: string) => `expired ${span} ago`,
    fingerprint: 'SHA-256 fingerprint',
    usedBy: 'Used by',
    unused: 'no interface',
    download: 'Download',
    replace: 'Replace',
    renew: 'Make anew',
    renewed: (name: string) => `${name} is made anew.`,
    cancel: 'Cancel',
    howLabel: 'How',
    how: { uploaded: 'Upload one that was issued', self_signed: 'Have the server make one' },
    uploadText:
      'The certificate as PEM, followed by those that issued it, and its private key without a password. A PKCS#12 file (.p12, .pfx) is converted first: openssl pkcs12 -in FILE -nodes -out all.pem',
    selfText: 'Self-signed: browsers warn of it until somebody tells them to trust it. Good to begin with.',
    name: 'Name',
    pem: 'Certificate and chain (PEM)',
    key: 'Private key (PEM)',
    keyHint: 'Leave it empty where the key stands in the same file. It is sealed and never shown.',
    hosts: 'Host names and addresses',
    hostsHint: 'One in each line: pbx.example.com, 192.0.2.10',
    file: 'Choose a file',
    binary: 'This is no PEM file. Convert it first: openssl pkcs12 -in FILE -nodes -out all.pem',
    save: 'Save certificate',
    saved: (name: string) => `${name} is saved.`,
  },
};

/** What a language must have. */
export type NetworkTexts = typeof networkEn;
