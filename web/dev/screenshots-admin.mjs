// Pictures of the console's pages, in both appearances, both languages and several widths, from the mock server.
// Says where a page is wider than its window.
//
//   node dev/mock-server.mjs &  node dev/screenshots-admin.mjs <folder> [kind [page ...]]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const folder = process.argv[2] ?? 'screenshots';
const only = process.argv[3];
const base = process.env.MOCK ?? 'http://127.0.0.1:7230';
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.OFFHOOK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
const desktop = { width: 1280, height: 900 };
const wide = { width: 1600, height: 1000 };
const kinds = [
  { name: 'desktop-light-en', scheme: 'light', locale: 'en-US', viewport: desktop },
  { name: 'desktop-dark-de', scheme: 'dark', locale: 'de-DE', viewport: desktop },
  { name: 'wide-light-de', scheme: 'light', locale: 'de-DE', viewport: wide },
  { name: 'tablet-light-de', scheme: 'light', locale: 'de-DE', viewport: { width: 820, height: 1100 } },
  { name: 'mobile-light-de', scheme: 'light', locale: 'de-DE', viewport: { width: 360, height: 740 }, isMobile: true },
  { name: 'mobile-dark-en', scheme: 'dark', locale: 'en-US', viewport: { width: 390, height: 844 }, isMobile: true },
];
const id = (letter, n) => letter + String(n).padStart(19, '0');
/** Only these, where named behind the kind. */
const chosen = process.argv.slice(4);
const pages = {
  dashboard: '/admin',
  lines: '/admin/lines',
  'line-group': `/admin/line_groups/${id('h', 0)}`,
  'line-group-in-file': `/admin/line_groups/${id('h', 1)}`,
  'line-group-new': '/admin/line_groups/new',
  locations: '/admin/locations',
  location: `/admin/locations/${id('o', 0)}`,
  numbers: '/admin/numbers',
  'line-list': '/admin/line_list',
  'line-object': `/admin/line_list/${id('l', 2)}`,
  calls: '/admin/calls',
  'call-silent': '/admin/calls/7',
  'call-refused': '/admin/calls/12',
  'call-held': '/admin/calls/3',
  'call-running': '/admin/calls/4',
  'call-busy': '/admin/calls/5',
  'call-gone': '/admin/calls/99',
  line: '/admin/lines/201',
  failures: '/admin/failures?period=week',
  'failures-chosen': '/admin/failures?period=day&code=no_common_codec',
  captures: '/admin/captures',
  log: '/admin/log',
  status: '/admin/status',
  users: '/admin/users',
  user: `/admin/users/${id('u', 0)}`,
  'user-new': '/admin/users/new',
  'user-in-file': `/admin/users/${id('u', 2)}`,
  groups: '/admin/groups',
  group: `/admin/groups/${id('g', 0)}`,
  rights: `/admin/rights?by=${id('u', 4)}&of=${id('u', 0)}&right=first_pick_up`,
  'rights-none': `/admin/rights?by=${id('u', 90)}&of=${id('u', 0)}&right=see_private`,
  audit: '/admin/audit',
  settings: '/admin/settings',
  profiles: '/admin/profiles',
  profile: `/admin/profiles/${id('p', 1)}`,
  computers: '/admin/computers',
  computer: `/admin/computers/${id('c', 0)}`,
  administrators: '/admin/administrators',
  tokens: '/admin/tokens',
  token: `/admin/tokens/${id('t', 1)}`,
  transfer: '/admin/transfer',
  interfaces: '/admin/interfaces',
  interface: `/admin/interfaces/${id('i', 1)}`,
  certificates: '/admin/certificates',
  administrator: `/admin/administrators/${id('a', 1)}`,
};

for (const { name: prefix, scheme, ...options } of kinds.filter(({ name }) => !only || name === only)) {
  const context = await browser.newContext({ ...options, colorScheme: scheme, hasTouch: options.isMobile });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(prefix, 'uncaught:', error.message));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(prefix, m.type(), m.text()));
  page.on('dialog', (dialog) => dialog.accept());
  const say = (english, deutsch) => (options.locale.startsWith('de') ? deutsch : english);
  await page.goto(`${base}/admin`);
  await page.getByLabel(say('User name', 'Benutzername')).fill('admin');
  await page.getByLabel(say('Password', 'Passwort'), { exact: true }).fill('secret');
  await page.getByRole('button', { name: say('Sign in', 'Anmelden'), exact: true }).click();
  await page.getByRole('navigation').waitFor();
  const shot = async (name, whole = true) => {
    await page.waitForTimeout(400);
    // Only what can be seen is drawn, so the window becomes as high as the page.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (whole) await page.setViewportSize({ width: options.viewport.width, height });
    await page.waitForTimeout(200);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 0) console.log(prefix, name, `is ${wide} px too wide`);
    await page.screenshot({ path: join(folder, `${prefix}-${name}.png`) });
    await page.setViewportSize(options.viewport);
  };
  for (const [name, path] of Object.entries(pages).filter(([name]) => chosen.length === 0 || chosen.includes(name))) {
    await page.goto(base + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (name === 'location' || name === 'numbers') {
      await page.getByLabel(say('Number', 'Nummer'), { exact: true }).fill('089 123456');
      await page.getByRole('list', { name: say('Steps', 'Schritte') }).waitFor();
    }
    if (name === 'location') {
      await page.getByText(say('Providers of Mobile by time', 'Anbieter von Mobile nach Zeiten')).click();
      await page.getByLabel(say('Pattern', 'Muster')).first().fill('^18');
      await page
        .getByRole('button', {
          name: say('What would change for past numbers?', 'Was würde sich für frühere Nummern ändern?'),
        })
        .click();
      await page.getByRole('table', { name: say('What would', 'Was würde') }).waitFor();
    }
    await shot(name);
  }
  if (chosen.length > 0) {
    await context.close();
    continue;
  }
  await page.goto(`${base}/admin/calls/7`);
  await page.getByRole('listbox').focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor();
  await shot('message', false);
  await page.keyboard.press('Escape');
  await page.getByText(say('Table', 'Tabelle'), { exact: true }).click();
  await shot('table');
  await page.goto(`${base}/admin/captures`);
  await page
    .getByRole('button', { name: say('Delete sipav', 'sipav') })
    .last()
    .click();
  await page.getByRole('dialog').waitFor();
  await shot('delete', false);
  await context.close();
}
await browser.close();
