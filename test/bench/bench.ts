/**
 * `npm run bench -- NAME [--json]`: times Pare against its peers, both in one run. Without a name it lists the benchmarks.
 * `--into=FILE` puts the table into a Markdown file as well.
 * Each is one file beside this one that exports `bench`.
 */
import { readdirSync } from 'node:fs';
import { formatTable } from '../../server/src/base/table.ts';
import type { Bench, Row } from './shared/define.ts';
import { figureText, putInto } from './shared/into-file.ts';

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'bench.ts')
  .map((file) => file.slice(0, -3));
const load = async (name: string) => ((await import(`./${name}.ts`)) as { readonly bench: Bench }).bench;

const args = process.argv.slice(2);
const json = args.includes('--json');
const name = args.find((arg) => !arg.startsWith('-'));
if (name === undefined) {
  for (const each of names) console.log(`${each.padEnd(14)} ${(await load(each)).summary}`);
} else if (!names.includes(name)) {
  console.error(`There is no benchmark '${name}'. There are ${names.join(', ')}.`);
  process.exitCode = 2;
} else {
  const rows = await (await load(name)).run((line) => console.error(line));
  const into = args.find((arg) => arg.startsWith('--into='));
  if (into) putInto(into.slice('--into='.length), name, rows);
  console.log(json ? JSON.stringify({ rows }, null, 2) : table(rows));
}

function table(rows: readonly Row[]): string {
  return formatTable<Row>(
    [
      { title: 'figure', value: (row) => row.name },
      { title: 'ours', value: (row) => figureText(row.ours), right: true },
      { title: 'peer', value: (row) => figureText(row.peer), right: true },
      { title: 'ratio', value: (row) => (row.ratio === null ? '' : row.ratio.toFixed(3)), right: true },
      { title: 'unit', value: (row) => row.unit },
    ],
    rows,
  );
}
