// One pass of the book in Firefox, from its files. What goes in is a line of JSON on standard
// input: the browser's path, the book's folder, and the pages. What comes out is what each page
// was found to be, as JSON.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const VIEWS = 'script[type="application/vnd.jupyter.widget-view+json"]';
const PATIENCE = 120_000;

// Icons that take no room or have no mask: nothing of them is to be seen.
function unseenIcons() {
  return [...document.querySelectorAll('i[class*="fa-"], span[class*="fa-"]')]
    .filter((icon) => icon.getClientRects().length)
    .filter((icon) => {
      const look = getComputedStyle(icon, '::before');
      return !Number.parseFloat(look.width) || !look.maskImage.startsWith('url');
    })
    .map((icon) => icon.className);
}

async function come(page) {
  await page.mouse.move(5, 5);
  await page.mouse.move(6, 6);
  const boxes = await page.$$(`:has(> ${VIEWS})`);
  for (const box of boxes) {
    await box.evaluate((item) => item.scrollIntoView({ behavior: 'instant' }));
    await page.waitForFunction((item) => item.classList.contains('storagelab-live'), {}, box);
  }
  return boxes.length;
}

// Press keys on the first slider; whether some figure's words or marks changed.
async function press(page) {
  const handle = await page.$('.storagelab-live .noUi-handle');
  if (!handle) return null;
  const before = await page.evaluate(() => {
    window.drawn = () =>
      [...document.querySelectorAll('.storagelab-live .bqplot')]
        .map((item) => item.getAttribute('aria-label') + item.innerHTML)
        .join();
    return window.drawn();
  });
  await handle.focus();
  for (const key of ['ArrowRight', 'ArrowLeft', 'End', 'Home']) {
    await page.keyboard.press(key);
    const now = await page
      .waitForFunction((was) => window.drawn() !== was, { timeout: 10_000 }, before)
      .catch(() => null);
    if (now) return true;
  }
  return false;
}

const { executable, folder, pages } = JSON.parse(readFileSync(0, 'utf8'));
const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: executable,
  headless: true,
  // a book that needs a network is a broken one
  extraPrefsFirefox: {
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': 9,
  },
});
const found = {};
try {
  for (const name of pages) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewport({ width: 1280, height: 900 });
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error.message ?? error)));
    page.on('console', (said) => said.type() === 'error' && errors.push(said.text()));
    page.on('requestfailed', (asked) => errors.push(`failed: ${asked.url()}`));
    await page.goto(`${pathToFileURL(folder)}/${name}.html`, { waitUntil: 'load' });
    const stills = await page.$$eval('.storagelab-still .bqplot svg', (items) => items.length);
    const views = await come(page);
    const moves = views ? await press(page) : null;
    found[name] = {
      heading: await page.$$eval('article h1, #search-results', (items) => items.length),
      stills,
      views,
      live: await page.$$eval('.storagelab-live', (items) => items.length),
      moves,
      icons: await page.evaluate(unseenIcons),
      formulas: await page.$$eval(
        'mjx-container svg',
        // those of a folded list of contents have no place at all
        (items) =>
          items.filter((item) => {
            const [place] = item.getClientRects();
            return place && !place.width;
          }).length,
      ),
      errors,
    };
    await page.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(found));
