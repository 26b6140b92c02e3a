// Pictures of every screen, in both appearances, both languages and several widths, from the mock server.
//
//   node dev/mock-server.mjs &  node dev/screenshots.mjs <folder>
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const folder = process.argv[2] ?? 'screenshots';
const only = process.argv[3];
const base = process.env.MOCK ?? 'http://127.0.0.1:7230';
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.OFFHOOK_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
});
const happen = (what) => fetch(`${base}/mock/${what}`, { method: 'POST' });
const kinds = [
  { name: 'desktop-light-en', scheme: 'light', locale: 'en-US', viewport: { width: 1440, height: 900 } },
  { name: 'desktop-dark-de', scheme: 'dark', locale: 'de-DE', viewport: { width: 1440, height: 900 } },
  {
    name: 'mobile-light-de',
    scheme: 'light',
    locale: 'de-DE',
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  },
  {
    name: 'mobile-dark-en',
    scheme: 'dark',
    locale: 'en-US',
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  },
];

for (const kind of kinds.filter(({ name }) => !only || name === only)) {
  await happen('reset');
  const { name: prefix, scheme, ...options } = kind;
  const context = await browser.newContext({ ...options, colorScheme: scheme, permissions: ['microphone'] });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(prefix, 'uncaught:', error.message));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(prefix, m.type(), m.text()));
  page.on('dialog', (dialog) => dialog.accept());
  const german = options.locale.startsWith('de');
  const say = (english, deutsch) => (german ? deutsch : english);
  const button = (english, deutsch) => page.getByRole('button', { name: say(english, deutsch), exact: true });
  const shot = async (name) => {
    await page.waitForTimeout(350);
    await page.screenshot({ path: join(folder, `${prefix}-${name}.png`), fullPage: kind.isMobile });
  };

  await page.goto(base);
  const pressed = async (english, deutsch) => button(english, deutsch).first().click();
  const call = async (to) => {
    await number.fill(to);
    await pressed('Call', 'Anrufen');
  };
  const status = (english, deutsch) => page.getByRole('status').filter({ hasText: say(english, deutsch) });
  const talking = () => page.getByText('G722').first().waitFor();
  const over = async () => {
    await happen('clear');
    await number.waitFor();
  };

  await page.getByLabel(say('User name', 'Benutzername')).fill('anna');
  await shot('01-signed-out');
  await page.getByLabel(say('Password', 'Passwort'), { exact: true }).fill('wrong');
  await pressed('Sign in', 'Anmelden');
  await page.getByRole('alert').waitFor();
  await shot('02-sign-in-failed');
  await page.getByLabel(say('Password', 'Passwort'), { exact: true }).fill('secret');
  await pressed('Sign in', 'Anmelden');
  const number = page.getByRole('textbox', { name: say('Number', 'Rufnummer'), exact: true });
  await number.waitFor();
  await page.getByText('Munich branch').first().waitFor({ state: 'attached' });
  await shot('03-idle');
  await happen('monitored');
  await page.getByText('Clara Diehl').waitFor();
  await shot('03b-lines-of-others');
  await pressed('Functions', 'Funktionen');
  await page.getByRole('menuitem').first().waitFor();
  await shot('04-functions');
  await page.keyboard.press('Escape');
  await happen('located');
  const project = page.getByLabel(say('Project', 'Projekt'), { exact: true });
  await project.waitFor();
  await number.fill('089 55 66');
  await page.getByText('+49 (89) 5566').waitFor();
  await shot('04b-how-it-is-dialled');
  await number.fill('211');
  await page.getByText('Clara Diehl', { exact: false }).last().waitFor();
  await shot('04c-a-colleague');
  await project.selectOption('Calling card');
  await page.getByLabel(say('User number', 'Benutzernummer'), { exact: true }).fill('4321');
  await page.getByLabel('PIN', { exact: true }).fill('12345678');
  await number.fill('089 55 66');
  await page.getByText('#••••••••#4321#').waitFor();
  await shot('04d-with-a-project');
  await page.getByLabel('PIN', { exact: true }).fill('12');
  await page.getByText(say('A PIN is needed', 'eine PIN nötig')).waitFor();
  await shot('04e-pin-needed');
  await project.selectOption('');
  await number.fill('');
  await happen('reset');
  for (const key of ['2', '0', '2']) await button(key, key).click();
  await happen('line-failed');
  await shot('05-number-and-failed-line');
  await call('700');
  await status('Ringing', 'klingelt').waitFor();
  await shot('06-ringing');
  await pressed('Hang up', 'Auflegen');
  await call('404');
  await page.getByText('SIP 404').waitFor();
  await shot('07-failed');
  await call('601');
  await talking();
  await page.waitForTimeout(1500);
  await shot('08-in-call');
  await pressed('Keypad', 'Tasten');
  await button('4', '4').click();
  await happen('digit');
  await pressed('Mute', 'Stumm');
  await shot('09-keypad-and-mute');
  await pressed('Keypad', 'Tasten');
  await pressed('Unmute', 'Stumm aus');
  await happen('incoming');
  await page.getByRole('dialog').waitFor();
  await shot('10-call-waiting');
  await pressed('Send elsewhere', 'Weiterleiten');
  await shot('11-deflect');
  await pressed('Back', 'Zurück');
  await pressed('Answer', 'Annehmen');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByText('PCMA').first().waitFor();
  await shot('12-two-calls');
  await pressed('Transfer', 'Übergeben');
  await shot('13-transfer-with-held');
  await page.keyboard.press('Escape');
  await pressed('Swap', 'Makeln');
  await talking();
  await pressed('Conference', 'Konferenz');
  await button('Leave', 'Verlassen').waitFor();
  await shot('14-conference');
  await over();
  await call('601');
  await talking();
  await pressed('Hold', 'Halten');
  await button('Retrieve', 'Zurückholen').waitFor();
  await shot('15-held');
  await pressed('New call', 'Neuer Anruf');
  await number.waitFor();
  await shot('16-dial-beside-held');
  await page.keyboard.press('Escape');
  await pressed('Retrieve', 'Zurückholen');
  await pressed('Transfer', 'Übergeben');
  const target = page.getByRole('textbox', { name: say('Transfer to', 'Übergeben an'), exact: true });
  await target.fill('700');
  await shot('17-transfer');
  await pressed('Ask first', 'Erst fragen');
  await status('Ringing', 'klingelt').waitFor();
  await shot('18-consultation-rings');
  await happen('answer');
  await status('Connected', 'Verbunden').waitFor();
  await shot('19-consultation');
  await pressed('Back to Jonas Weber', 'Zurück zu Jonas Weber');
  await talking();
  await pressed('Transfer', 'Übergeben');
  await target.fill('404');
  await pressed('Transfer now', 'Gleich übergeben');
  await status('Being transferred', 'Wird an').waitFor();
  await shot('20-being-transferred');
  await page.getByText('SIP 404').waitFor();
  await shot('21-transfer-failed');
  await pressed('Park', 'Parken');
  await shot('22-park');
  await page
    .locator('form')
    .getByRole('button', { name: say('Park', 'Parken'), exact: true })
    .click();
  await page.getByText(say('Waits at 201', 'Wartet bei 201'), { exact: true }).waitFor();
  await shot('23-parked');
  await happen('clear');
  await pressed('Pick up', 'Heranholen');
  await shot('24-pick-up');
  await page.keyboard.press('Escape');
  await happen('incoming');
  await happen('incoming-unnamed');
  await page.getByRole('dialog').first().waitFor();
  await shot('25-incoming');
  await pressed('Decline', 'Ablehnen');
  await pressed('Answer', 'Annehmen');
  await page.getByText('PCMA').first().waitFor();
  await happen('drop');
  await happen('down');
  await page.getByText(say('Your call goes on', 'Gespräch läuft')).waitFor();
  await shot('26-reconnecting');
  await happen('up');
  await page.getByText(say('Your call goes on', 'Gespräch läuft')).waitFor({ state: 'hidden' });
  await pressed('Hang up', 'Auflegen');
  await happen('elsewhere');
  await button('End call', 'Gespräch beenden').waitFor();
  await shot('27-elsewhere');
  await happen('clear');
  await page.getByRole('button', { name: say('Do not disturb', 'Nicht stören'), exact: true }).click();
  await page.getByRole('button', { name: say('Settings', 'Einstellungen'), exact: true }).click();
  await pressed('Add forwarding', 'Umleitung hinzufügen');
  await page.getByLabel(say('To number', 'An Rufnummer'), { exact: true }).fill('0171 5550123');
  await page.getByLabel(say('When', 'Wann'), { exact: true }).selectOption('no_answer');
  await shot('28-forwarding');
  await pressed('Save', 'Speichern');
  await page.getByText('0171 5550123').first().waitFor();
  await shot('29-forwarded');
  await page.getByRole('tab', { name: 'Audio' }).click();
  await pressed('Test microphone', 'Mikrofon testen');
  await page.waitForTimeout(800);
  await shot('30-audio');
  await page.getByRole('tab', { name: say('General', 'Allgemein') }).click();
  await shot('31-general');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await shot('32-signs');
  await happen('functions-off');
  await page.getByRole('button', { name: say('Settings', 'Einstellungen'), exact: true }).click();
  await page.getByText(say('only be taken back', 'nur noch zurücknehmen')).first().waitFor();
  await shot('33-only-back');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.goto(`${base}/?dial=${encodeURIComponent('tel:+49-89-1234567;ext=3')}`);
  await page.getByRole('dialog').waitFor();
  await shot('34-link');
  const second = await context.newPage();
  await second.goto(`${base}/?dial=${encodeURIComponent('callto:202')}`);
  await second.getByText(say('that was open already', 'bereits geöffnete')).waitFor();
  await page.getByText('202', { exact: true }).first().waitFor();
  await context.close();
}
await browser.close();
