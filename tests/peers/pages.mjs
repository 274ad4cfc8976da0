// A person with a browser: headless Chromium (NEXTCLOUD_MCP_TEST_CHROMIUM) looks at our pages and walks through them by
// keyboard alone, without JavaScript. Driven by a test as lines.mjs says:
//
//   {"look": {"url", "width", "scheme", "picture"?}} -> what is wrong with the page; its picture goes to a file
//   {"walk": {"url", "width", "scheme", "steps"}}    -> {"ended": where the browser is at last, "wrong": [...]}
//
// `scheme` is light or dark. A step is {"focus": NAME, "press": KEY} or {"focus": NAME, "type": TEXT}: Tab until the
// element of that name has the focus, then the key or the text; {"picture": FILE} keeps what there is to see,
// {"check": true} examines the page on the way, {"scripts": true} lets scripts run from the next page on, and
// {"until": PREFIX} waits while pages lead on by themselves, to an address that begins so.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { obey } from './lines.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Tabs before a name counts as out of reach of the keyboard. */
const TABS = 60;

const browser = await chromium.launch({ executablePath: process.env.NEXTCLOUD_MCP_TEST_CHROMIUM });

await obey({
  look: ({ url, picture, ...how }) =>
    withPage(url, how, async (page) => {
      await page.goto(url);
      if (picture) await page.screenshot({ path: picture, fullPage: true });
      return await examine(page);
    }),

  walk: ({ url, steps, ...how }) =>
    withPage(url, how, async (page) => {
      const wrong = [];
      await page.goto(url);
      for (const step of steps) wrong.push(...(await take(page, step)));
      return { ended: page.url(), wrong: [...wrong, ...page.said] };
    }),
});

/** Complaints count that are about our own pages; Nextcloud's and the client's are theirs. */
async function withPage(url, { width, scheme }, action) {
  const isOurs = (about) => !about || new URL(about).origin === new URL(url).origin;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.tools = await context.newCDPSession(page);
    await letScriptsRun(page, false);
    page.said = [];
    page.on('console', (message) => {
      if (isOurs(message.location().url)) page.said.push(`the console says: ${message.text()}`);
    });
    page.on('requestfailed', (request) => {
      if (isOurs(request.url())) page.said.push(`not loaded: ${request.url()}: ${request.failure().errorText}`);
    });
    return await action(page);
  } finally {
    await context.close();
  }
}

function letScriptsRun(page, may) {
  return page.tools.send('Emulation.setScriptExecutionDisabled', { value: !may });
}

/** Takes a step; says what is wrong with the page where it is to be checked. */
async function take(page, { check, picture, focus, type, press, scripts, until }) {
  const wrong = check ? await examine(page) : [];
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  if (focus) await tabTo(page, focus);
  if (type) await page.keyboard.type(type);
  if (scripts) await letScriptsRun(page, true);
  if (press) await pressAndSettle(page, press);
  if (until) await page.waitForURL((url) => url.href.startsWith(until));
  return wrong;
}

/** What is wrong with a page, in words: what its browser complains of, what axe finds, and what does not fit. */
async function examine(page) {
  const wrong = page.said.splice(0);
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (wide > room) wrong.push(`${wide} pixels wide where there are ${room}`);
  // Ours runs past the page's policy; the page's own time to run scripts is over.
  await letScriptsRun(page, true);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  await letScriptsRun(page, false);
  for (const { id, help, nodes } of violations) {
    wrong.push(`${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  }
  return wrong;
}

/** Tabs through the page until the element of that name has the focus. */
async function tabTo(page, name) {
  const seen = [];
  for (let tab = 0; tab < TABS; tab += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      const words = element.labels?.[0]?.innerText || element.innerText || element.ariaLabel || element.name;
      return (words ?? '').trim();
    });
    if (here.startsWith(name)) return;
    seen.push(here);
  }
  throw new Error(`"${name}" is not reached by keyboard; there are: ${[...new Set(seen)].join(' | ')}`);
}

/** Enter may send a form: then the walk goes on at the page where the redirects end. */
async function pressAndSettle(page, key) {
  const sent = key === 'Enter' ? page.waitForEvent('framenavigated') : undefined;
  await page.keyboard.press(key);
  if (!sent) return;
  await sent.catch(() => {
    throw new Error(`the page stays where it is: ${page.said.join(' ')}`);
  });
  await page.waitForLoadState();
}
