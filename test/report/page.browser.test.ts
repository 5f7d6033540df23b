import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/render.ts';
import { makeInput, project } from '../support/journal.ts';
import { RunStory } from '../support/run-story.ts';
import { largeRun, smallRun } from '../support/sample-runs.ts';

const shotFolder = process.env['REPORT_SCREENSHOTS'];
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odw-report-'));
  if (shotFolder) mkdirSync(shotFolder, { recursive: true });
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium', args: flags });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Opened {
  page: Page;
  /** Console errors, exceptions and requests other than the file itself. */
  trouble: string[];
  openMs: number;
}

async function open(name: string, html: string, colorScheme: 'dark' | 'light' = 'dark', hash = ''): Promise<Opened> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme });
  const url = pathToFileURL(file).href;
  const trouble: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => request.url().startsWith(url) || request.url().startsWith('data:') || trouble.push(request.url()));
  const begun = performance.now();
  await page.goto(url + hash);
  await page.waitForSelector('body[data-ready]');
  return { page, trouble, openMs: performance.now() - begun };
}

async function shot(page: Page, name: string): Promise<void> {
  if (shotFolder) await page.screenshot({ path: join(shotFolder, `${name}.png`), fullPage: true });
}

describe('report page', () => {
  it.each([
    [3, 'dark'],
    [3, 'light'],
    [100, 'dark'],
    [100, 'light'],
    [1000, 'dark'],
    [1000, 'light'],
  ] as const)('VIEW-19 RPT-07 %i nodes, %s: all rows, no network, no errors', async (count, scheme) => {
    const run = count === 3 ? smallRun() : largeRun(count);
    const html = renderReport(run);
    const { page, trouble, openMs } = await open(`${count}-${scheme}`, html, scheme);
    process.stdout.write(`report of ${count} nodes: ${Math.round(html.length / 1024)} KB, opens in ${Math.round(openMs)} ms\n`);
    await shot(page, `${count}-${scheme}-overview`);
    expect(await page.locator('.timeline .bar').count()).toBe(count);
    await page.keyboard.press('2');
    await expect.poll(() => page.locator('#nodes tbody tr').count()).toBe(count);
    await page.locator('#nodes tbody tr').nth(1).click();
    await shot(page, `${count}-${scheme}-panel`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it('VIEW-19 groups fold, and unfold on a click', async () => {
    const { page } = await open('fold', renderReport(largeRun(1000)));
    expect(await page.locator('.graph .node').count()).toBeLessThan(300);
    expect(await page.locator('.graph .square').count()).toBeGreaterThan(900);
    await page.locator('.group-head').first().click();
    expect(await page.locator('.graph .node').count()).toBeGreaterThan(400);
    await shot(page, 'unfolded');
    await page.close();
  });

  it('VIEW-19 a table replaces the graph above 300 drawn nodes', async () => {
    const input = makeInput('/project/.odw/runs/flat');
    const story = new RunStory(input);
    for (let i = 0; i < 301; i++) story.node({ label: `n${i}`, phase: '', prompt: 'x', startMs: input.startedMs + i * 100, tookMs: 50 });
    const { page } = await open('flat', renderReport(project(input, story.events().records, { status: 'completed', code: 0 })));
    expect(await page.locator('#tab-table').getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => page.locator('#nodes tbody tr').count()).toBe(301);
    await page.keyboard.press('1');
    expect(await page.locator('#graph-left-out').count()).toBe(1);
    await page.close();
  });

  it('RPT-02 filters, searches, walks and closes by keyboard', async () => {
    const { page, trouble } = await open('keys', renderReport(largeRun(100)), 'light');
    await page.keyboard.press('/');
    await page.keyboard.type('verify-7');
    expect(await page.locator('#nodes tbody tr').count()).toBe(1);
    await page.locator('#search').fill('');
    await page.keyboard.press('Escape');
    await page.locator('.chip[data-status="failed"]').click();
    const failed = await page.locator('#nodes tbody tr').count();
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(20);
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('#panel .error h3').textContent()).toMatch(/^Failed: /);
    const first = await page.locator('#panel-title').textContent();
    await page.keyboard.press('j');
    expect(await page.locator('#panel-title').textContent()).not.toBe(first);
    await page.keyboard.press('k');
    expect(await page.locator('#panel-title').textContent()).toBe(first);
    await page.keyboard.press('Escape');
    expect(await page.locator('#panel').isVisible()).toBe(false);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it('RPT-02 the panel shows prompt, result, diff with colours, config and tokens', async () => {
    const { page } = await open('panel', renderReport(smallRun()), 'light', '#node=1');
    const text = (await page.locator('#panel').textContent()) ?? '';
    for (const part of ['Let sessions end a day', 'I added docs/auth.md', 'config (from code)', 'worktree', '181,000', 'diffs/agent-2.patch', 'agent:2'])
      expect(text).toContain(part);
    expect(await page.locator('.diff .plus').count()).toBe(5);
    expect(await page.locator('.diff .minus').count()).toBe(1);
    await shot(page, 'diff');
    await page.close();
  });

  it('the theme button switches, whatever the system says', async () => {
    const { page } = await open('theme', renderReport(smallRun()), 'dark');
    const back = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await back();
    await page.locator('#theme').click();
    expect(await back()).not.toBe(dark);
    await page.locator('#theme').click();
    expect(await back()).toBe(dark);
    await page.close();
  });

  it.each([
    ['failed', largeRun(30, { status: 'failed', code: 1 })],
    ['cancelled', largeRun(30, { status: 'cancelled', code: 1 })],
  ] as const)('RPT-05 a %s run is never green', async (status, run) => {
    const { page } = await open(status, renderReport(run), 'light');
    expect(await page.locator('#status').textContent()).toBe(status);
    const colour = String(await page.evaluate("getComputedStyle(document.getElementById('status')).color"));
    const [red = 0, green = 0] = (colour.match(/\d+/g) ?? []).map(Number);
    expect(red).toBeGreaterThan(green);
    await shot(page, status);
    await page.close();
  });

  it('RPT-06 no prompt, label or result can change the page', async () => {
    const evil = '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'"><!--<script>\u2028"\'`${1}';
    const input = makeInput('/project/.odw/runs/evil', { startedMs: 1000 });
    input.script.meta.name = evil;
    const story = new RunStory(input);
    story.node({ label: evil, phase: evil, prompt: evil, model: evil, startMs: 1100, tookMs: 50, result: { [evil]: evil, text: evil } });
    story.node({ label: '__proto__', phase: 'constructor', prompt: 'x', startMs: 1200, tookMs: 50, fails: evil });
    story.at(1300, 'log', { message: evil }).at(1400, 'workflow_error', { message: evil });
    const { page, trouble } = await open('evil', renderReport(project(input, story.events().records, { status: 'failed', code: 1 })), 'light', '#node=0');
    for (const key of ['1', '2', '3', '4']) await page.keyboard.press(key);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('#panel img, main img, #app script').count()).toBe(0);
    expect(await page.locator('#panel-title').textContent()).toBe(evil);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
