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
  await page.getByLabel(say('User name', 'Benutzername')).fill('anna');
  await shot('1-signed-out');
  await page.getByLabel(say('Password', 'Passwort'), { exact: true }).fill('wrong');
  await button('Sign in', 'Anmelden').click();
  await page.getByRole('alert').waitFor();
  await shot('2-sign-in-failed');
  await page.getByLabel(say('Password', 'Passwort'), { exact: true }).fill('secret');
  await button('Sign in', 'Anmelden').click();
  const number = page.getByRole('textbox', { name: say('Number', 'Rufnummer'), exact: true });
  await number.waitFor();
  await page.getByText('Munich branch').first().waitFor({ state: 'attached' });
  await shot('3-idle');
  for (const key of ['2', '0', '2']) await button(key, key).click();
  await happen('line-failed');
  await shot('4-number-and-failed-line');
  await number.fill('700');
  await button('Call', 'Anrufen').click();
  await page
    .getByRole('status')
    .filter({ hasText: say('Ringing', 'klingelt') })
    .waitFor();
  await shot('5-ringing');
  await button('Hang up', 'Auflegen').click();
  await number.fill('404');
  await button('Call', 'Anrufen').click();
  await page.getByText('SIP 404').waitFor();
  await shot('6-failed');
  await number.fill('601');
  await button('Call', 'Anrufen').click();
  await page.getByText('G722').first().waitFor();
  await page.waitForTimeout(2000);
  await shot('7-in-call');
  await button('Keypad', 'Tasten').click();
  await button('4', '4').click();
  await button('2', '2').click();
  await happen('digit');
  await button('Mute', 'Stumm').click();
  await shot('8-keypad');
  await happen('incoming');
  await page.getByRole('dialog').waitFor();
  await shot('9-second-call');
  await happen('drop');
  await happen('down');
  await button('Busy', 'Besetzt').waitFor();
  await shot('10-reconnecting');
  await happen('up');
  await page.getByText(say('Your call goes on', 'Gespräch läuft')).waitFor({ state: 'hidden' });
  await happen('clear');
  await number.waitFor();
  await shot('11-ended');
  await happen('incoming');
  await happen('incoming-unnamed');
  await page.getByRole('dialog').first().waitFor();
  await shot('12-incoming');
  await button('Decline', 'Ablehnen').first().click();
  await button('Answer', 'Annehmen').first().click();
  await page.getByText('PCMA').first().waitFor();
  await button('Hang up', 'Auflegen').click();
  await happen('elsewhere');
  await button('End call', 'Gespräch beenden').waitFor();
  await shot('13-elsewhere');
  await happen('clear');
  await page.getByRole('button', { name: say('Settings', 'Einstellungen') }).click();
  await button('Test microphone', 'Mikrofon testen').click();
  await page.waitForTimeout(1200);
  await shot('14-settings');
  await context.close();
}
await browser.close();
