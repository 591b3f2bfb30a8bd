import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator } from 'playwright-core';
import { formatBytes, formatDuration, formatPercent } from '../../../server/src/base/units.ts';
import type { RunResult } from '../../../server/src/protocol/run.ts';
import { until } from '../until.ts';
import { recipeName } from '../workspace.ts';
import { resultOf, runFolders } from './run-folder.ts';
import type { Scenario } from './scenario.ts';
import type { Workbench } from './workbench.ts';

export const runAndPanel: Scenario = {
  name: "the lens Run shows progress, and the panel's numbers are those of the run",
  run: async ({ workbench, workspace }) => {
    const { page } = workbench;
    await workbench.openFile(recipeName);
    await workbench.lens('Run').click();
    const progress = workbench.notification(/Pare: fashion/);
    await progress.waitFor();
    await until('a share', async () => / \d+ %/.test((await progress.textContent().catch(() => null)) ?? ''));
    // The panel follows from the first event on.
    await workbench.panel().locator('#live li').nth(2).waitFor();
    const folder = await until('a run', () => runFolders(workspace).at(-1));
    const result = await resultOf(folder, 120_000);
    assert.equal(result.status, 'done', result.error?.message);
    await checkPanel(workbench, result);
    await workbench.command('View: Toggle Primary Side Bar Visibility');
    await toTop(workbench);
    await workbench.screenshot('panel');
    await checkReport(workbench, result);
    await saveCsv(workbench, result);
    assert.deepEqual(workbench.violations, []);

    // Another theme: the canvas is drawn anew.
    const before = await barColour(workbench);
    await workbench.command('Preferences: Color Theme');
    await page.keyboard.type('Dark High Contrast');
    await page
      .locator('.quick-input-list .monaco-list-row.focused', { hasText: 'Dark High Contrast' })
      .waitFor();
    await page.keyboard.press('Enter');
    await until('other colours', async () => (await barColour(workbench)) !== before);
    await workbench
      .panel()
      .locator('#layers')
      .evaluate((element) => element.scrollIntoView());
    await workbench.screenshot('panel-high-contrast');

    // A panel that was open when the window closed comes back with what it showed.
    await page.reload();
    await checkPanel(workbench, result);
  },
};

async function checkPanel({ panel }: Workbench, result: RunResult): Promise<void> {
  await checkFigures(panel().locator('#root'), result);
}

/** What the panel saves is what the command line writes. */
async function saveCsv({ panel, page, notification }: Workbench, result: RunResult): Promise<void> {
  await panel().getByRole('button', { name: 'Save as CSV' }).click();
  await page.locator('.quick-input-widget input[type=text]').waitFor();
  await page.keyboard.press('Enter');
  await notification('Saved').waitFor();
  const saved = readFileSync(join(result.artifacts.folder, 'report.csv'), 'utf8');
  for (const { layer, bytesAfter } of result.layers) {
    const line = saved.split('\n').find((each) => each.startsWith(`"${layer}"`));
    assert.ok(line?.includes(`,${bytesAfter},`), line);
  }
}

/** The report stands alone: opened from the disk, it shows the same, and asks for nothing. */
async function checkReport({ page }: Workbench, result: RunResult): Promise<void> {
  const report = await page.context().newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  report.on('console', (message) => complaints.push(message.text()));
  report.on('pageerror', (error) => complaints.push(error.message));
  report.on('request', (request) => asked.push(request.url()));
  const url = pathToFileURL(result.artifacts.report!).href;
  await report.goto(url);
  await checkFigures(report.locator('#root'), result);
  assert.deepEqual(complaints, []);
  assert.deepEqual(asked, [url]);
  await report.close();
}

async function checkFigures(root: Locator, result: RunResult): Promise<void> {
  const { before, after } = result;
  assert.ok(before?.accuracy && after?.accuracy);
  await root.locator('#summary').waitFor();
  await until('the finished state', async () => (await root.locator('.status').textContent()) === 'done');
  const row = async (section: string, name: string): Promise<readonly string[]> =>
    root
      .locator(`${section} tbody tr`)
      .filter({ has: root.page().locator('th', { hasText: new RegExp(`^${name}$`) }) })
      .first()
      .locator('td')
      .allInnerTexts();
  const size = await row('#summary', 'Size');
  assert.deepEqual(size.slice(0, 2), [formatBytes(before.bytes), formatBytes(after.bytes)]);
  const latency = await row('#summary', 'Latency, median');
  assert.deepEqual(latency.slice(0, 2), [
    formatDuration(before.latencyMs.p50),
    formatDuration(after.latencyMs.p50),
  ]);
  const accuracy = await row('#summary', 'Accuracy');
  assert.ok(accuracy[0]?.startsWith(formatPercent(before.accuracy.value)), accuracy[0]);
  assert.ok(accuracy[1]?.startsWith(formatPercent(after.accuracy.value)), accuracy[1]);

  // By keyboard, a chart says its values one after the other.
  const figure = root.locator('#layers figure').first();
  await figure.locator('canvas').press('ArrowRight');
  const [first] = result.layers;
  await figure
    .getByText(
      `${first!.layer}: Before ${formatBytes(first!.bytesBefore)}, After ${formatBytes(first!.bytesAfter)}`,
    )
    .waitFor({ state: 'attached' });

  // Every chart has its table, and every layer and class is in it.
  const charts = await root.locator('figure').count();
  assert.ok(charts >= 3, `${charts} charts`);
  for (const section of ['#layers', '#classes'])
    await root.locator(`${section} figure`).first().getByRole('button', { name: 'Show as table' }).click();
  const layers = root.locator('#layers figure').first().locator('tbody tr');
  assert.equal(await layers.count(), result.layers.length);
  for (const [index, layer] of result.layers.entries()) {
    const cells = await layers.nth(index).locator('th, td').allInnerTexts();
    assert.equal(cells[0], layer.layer);
    assert.deepEqual(cells.slice(5, 7), [formatBytes(layer.bytesBefore), formatBytes(layer.bytesAfter)]);
  }
  assert.equal(await root.locator('#classes figure tbody tr').count(), after.accuracy.classes.length);
  for (const section of ['#layers', '#classes'])
    await root.locator(`${section} figure`).first().getByRole('button', { name: 'Show as chart' }).click();
  const matrix = root.locator('.matrix').last().locator('tbody tr');
  for (const [index, counts] of after.accuracy.confusion.entries())
    assert.deepEqual(await matrix.nth(index).locator('td').allInnerTexts(), counts.map(String));
  assert.ok(
    (await root.locator('#changed').textContent())!.includes(
      `${formatPercent(result.comparison!.agreement)} of`,
    ),
  );
}

const toTop = ({ panel }: Workbench): Promise<void> =>
  panel()
    .locator('#root')
    .evaluate(() => scrollTo(0, 0));

/** The colour that most of the first chart's painted pixels have. */
const barColour = ({ panel }: Workbench): Promise<string> =>
  panel()
    .locator('canvas')
    .first()
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map<string, number>();
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255) {
          const colour = data.slice(i, i + 3).join();
          counts.set(colour, (counts.get(colour) ?? 0) + 1);
        }
      return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'none';
    });
