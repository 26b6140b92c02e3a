// Drives one Chromium for the Rust tests. Reads requests as JSON lines on stdin, `{id, do, …}`, and answers each
// with `{id, ok}` or `{id, error}` on stdout. Ends, and ends the browser, when stdin closes.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const pages = new Map();
const axe = readFileSync(join(here, 'node_modules/axe-core/axe.min.js'), 'utf8');
let browser = null;
let next = 1;

function executable() {
  const candidates = [process.env.OFFHOOK_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error('Chromium was not found. Run scripts/install-test-tools, or set OFFHOOK_CHROMIUM to its path.');
  return found;
}

// What a person can see of what the request names: by label, by role with name and text, by text, or by CSS; anywhere,
// or in the dialog with a title.
function locate(tab, r) {
  const page = r.dialog === undefined ? tab : tab.getByRole('dialog', { name: r.dialog, exact: true });
  const exact = r.exact ?? false;
  let found;
  if (r.label !== undefined) found = page.getByLabel(r.label, { exact: true });
  else if (r.role !== undefined) {
    found = page.getByRole(r.role, r.name === undefined ? {} : { name: r.name, exact: true });
    if (r.text !== undefined) found = found.filter({ hasText: r.text });
  } else if (r.text !== undefined) found = page.getByText(r.text, { exact });
  else found = page.locator(r.css);
  return found.filter({ visible: true }).first();
}

const commands = {
  async launch({ microphone }) {
    browser = await chromium.launch({
      executablePath: executable(),
      headless: true,
      args: [
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${microphone}`,
        '--allow-loopback-in-peer-connection',
        '--autoplay-policy=no-user-gesture-required',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    return browser.version();
  },

  // A browser context of its own (cookies, storage) with one page.
  async open({ url, microphone, language }) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: language ?? 'en-US', reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    await context.grantPermissions(microphone ? ['microphone'] : []);
    await context.addInitScript({ path: join(here, 'page.js') });
    await context.addInitScript({ path: join(here, 'client.js') });
    return commands.tab({ context, url });
  },

  // Another page with the cookies of `of`.
  async tab({ of, context, url }) {
    const page = await (context ?? pages.get(of).page.context()).newPage();
    const log = [];
    page.on('console', (m) => log.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', (e) => log.push(`uncaught: ${e.message}`));
    page.on('dialog', (d) => d.accept().catch(() => {}));
    const number = next++;
    pages.set(number, { page, log });
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return number;
  },

  async close({ page }) {
    const entry = pages.get(page);
    pages.delete(page);
    if (!entry) return;
    const context = entry.page.context();
    await entry.page.close({ runBeforeUnload: false });
    if (context.pages().length === 0) await context.close();
  },

  // The process of the page dies, as when a device loses power.
  async crash({ page }) {
    const p = pages.get(page).page;
    await p.goto('chrome://crash').catch(() => {});
  },

  async reload({ page }) {
    await pages.get(page).page.reload({ waitUntil: 'domcontentloaded' });
  },

  async go({ page, url }) {
    await pages.get(page).page.goto(url, { waitUntil: 'domcontentloaded' });
  },

  async click({ page, timeout, ...r }) {
    await locate(pages.get(page).page, r).click({ timeout });
  },

  async fill({ page, value, timeout, ...r }) {
    await locate(pages.get(page).page, r).fill(value, { timeout });
  },

  async choose({ page, option, timeout, ...r }) {
    await locate(pages.get(page).page, r).selectOption({ label: option }, { timeout });
  },

  async press({ page, key }) {
    await pages.get(page).page.keyboard.press(key);
  },

  async visible({ page, timeout, ...r }) {
    await locate(pages.get(page).page, r).waitFor({ state: 'visible', timeout });
  },

  async gone({ page, timeout, ...r }) {
    await locate(pages.get(page).page, r).waitFor({ state: 'hidden', timeout });
  },

  async text({ page, timeout, ...r }) {
    return locate(pages.get(page).page, r).innerText({ timeout });
  },

  async evaluate({ page, script }) {
    return pages.get(page).page.evaluate(script);
  },

  async appearance({ page, scheme }) {
    await pages.get(page).page.emulateMedia({ colorScheme: scheme });
  },

  // What WCAG 2.2 AA forbids and a program can find, a line each. What a page draws with pieces of text beside each
  // other, in SVG, is named as it is read: the order of the pieces says nothing.
  async faults({ page, colours, without }) {
    const tab = pages.get(page).page;
    await tab.evaluate(axe);
    return tab.evaluate(async ({ colours, without }) => {
      without.forEach((css) => document.querySelectorAll(css).forEach((element) => element.remove()));
      const runOnly = colours ? ['color-contrast'] : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
      const { violations } = await globalThis.axe.run(document, { runOnly });
      return violations.flatMap(({ id, nodes }) =>
        nodes
          .filter(({ html }) => !(id === 'label-content-name-mismatch' && html.startsWith('<g ')))
          .map(({ target, any, all, none }) => `${id}: ${target.join(' ')}: ${[...any, ...all, ...none][0]?.message}`),
      );
    }, { colours, without });
  },

  async screenshot({ page, path }) {
    await pages.get(page).page.screenshot({ path, timeout: 5000 });
  },

  async log({ page }) {
    return pages.get(page).log;
  },
};

async function answer(line) {
  const { id, do: name, ...args } = JSON.parse(line);
  let reply;
  try {
    reply = { id, ok: (await commands[name](args)) ?? null };
  } catch (error) {
    reply = { id, error: String(error?.message ?? error) };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line));
lines.on('close', async () => {
  await browser?.close().catch(() => {});
  process.exit(0);
});
