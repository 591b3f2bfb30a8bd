/**
 * `npm run conformance`: ONNX's backend suite through reading, writing, inference, text and up-conversion. Prints `X of Y` for
 * each aspect and writes `docs/conformance.md`. The suite comes from the Python package `onnx`, into a cache outside of the
 * repository (`PARE_CACHE`). `npm run conformance -- NAME` runs the cases whose name contains NAME and lists what fails.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../bench/shared/peers.ts';
import { type Aspect, aspects } from './aspects.ts';
import { type Case, convert, type Verdicts } from './convert.ts';
import { exceptionOf } from './exceptions.ts';
import { suitePython } from './python.ts';
import { report } from './report.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const filter = process.argv[2] ?? '';
const python = suitePython((line) => console.log(line));
if (!python) {
  console.log('There is no Python to take the suite of ONNX from: skipped.');
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
const cases = join(cacheFolder(), 'onnx-backend');
const work = join(cacheFolder(), 'onnx-backend-work');
if (!existsSync(join(cases, 'cases.json'))) {
  mkdirSync(cases, { recursive: true });
  python(join(here, 'extract.py'), [cases]);
}
const suite = JSON.parse(readFileSync(join(cases, 'cases.json'), 'utf8')) as { onnx: string; cases: Case[] };
const chosen = suite.cases.filter(({ name }) => name.includes(filter));
rmSync(work, { recursive: true, force: true });
const verdicts = new Map<string, Verdicts>(chosen.map((item) => [item.name, convert(item, cases, work)]));
const results = join(work, 'results.json');
python(join(here, 'check.py'), [cases, work, results]);
const judged = JSON.parse(readFileSync(results, 'utf8')) as {
  onnxruntime: string;
  results: Record<string, Record<string, string | null>>;
};

const rows = (Object.keys(aspects) as Aspect[]).map((aspect) => {
  const failures: { item: Case; why: string }[] = [];
  let total = 0;
  for (const item of chosen) {
    const byPython = judged.results[item.name] ?? {};
    const ours = verdicts.get(item.name) ?? {};
    // What failed here already has no file for Python to judge.
    const verdict = aspect in ours ? ours[aspect] : byPython[aspect];
    if (verdict === undefined) continue;
    total++;
    if (verdict !== null) failures.push({ item, why: verdict });
  }
  const named = failures.map((failure) => ({
    ...failure,
    reason: exceptionOf(aspect, failure.item, failure.why),
  }));
  return { aspect, total, failures: named };
});
for (const { aspect, total, failures } of rows) {
  console.log(`${aspect}: ${total - failures.length} of ${total} (${aspects[aspect]})`);
  const shown = failures.filter(({ reason }) => reason === undefined).slice(0, filter === '' ? 20 : 1000);
  for (const { item, why } of shown) console.log(`  ${item.name} [${item.operators.slice(0, 3)}]: ${why}`);
}
if (filter === '') {
  const loaded = chosen.filter(({ name }) => judged.results[name]?.onnxruntime === null).length;
  writeFileSync(
    fileURLToPath(new URL('../../../docs/conformance.md', import.meta.url)),
    report(rows, { onnx: suite.onnx, onnxruntime: judged.onnxruntime, cases: chosen.length, loaded }),
  );
}
writeFileSync(join(work, 'failures.json'), JSON.stringify(rows, undefined, 1));
const passed = rows.reduce((sum, { total, failures }) => sum + total - failures.length, 0);
const excepted = rows.reduce((sum, { failures }) => sum + failures.filter(({ reason }) => reason).length, 0);
const failed = rows.reduce((sum, { failures }) => sum + failures.length, 0) - excepted;
console.log(`${passed} passed, ${failed} failed, ${excepted} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
