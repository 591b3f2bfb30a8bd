import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inferShapes } from '../../server/src/analysis/shapes.ts';
import { messageOf } from '../../server/src/base/errors.ts';
import { formatTable } from '../../server/src/base/table.ts';
import { unknownDim } from '../../server/src/ir/dim.ts';
import { cloneModel, type Model } from '../../server/src/ir/model.ts';
import { shapeOf } from '../../server/src/ir/value-type.ts';
import { openModel, saveModel } from '../../server/src/onnx/files.ts';
import { checkSettings } from '../../server/src/recipe/plan.ts';
import { findStep } from '../../server/src/recipe/schema.ts';
import { applyStep } from '../../server/src/runs/apply-step.ts';
import { ortRunner } from '../../server/src/runtime/session.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { cacheFolder, peersPython, runPeer } from './shared/peers.ts';

const exporters = ['script', 'dynamo'] as const;
/** Outputs may differ by so much of their magnitude: rounding in another order. */
const tolerance = 1e-4;
/** Models that one process of the peer looks at: its start takes seconds. */
const batchSize = 8;

/** What ONNX Runtime says of a model and of the optimized one; `inference` is why its shape inference failed. */
interface Verdict {
  readonly before: number;
  readonly after: number;
  readonly basic: number;
  readonly difference: number;
  /** Values whose shape the peer's inference finds. */
  readonly values: number;
  /** Values whose shape the peer finds and we do not, and those that we state wrongly. */
  readonly unknown: readonly string[];
  readonly wrong: readonly string[];
  /** Why the peer's inference failed; ONNX's own stands in for it then. */
  readonly inference?: string;
}

/** A model that an exporter wrote, and what became of it. */
interface Subject {
  readonly name: string;
  readonly path: string;
  readonly optimized: string;
  readonly bytes: number;
  readonly bytesAfter: number;
  /** Shapes as we infer them; null for a dimension that is not known. */
  readonly shapes: ReadonlyMap<string, readonly (number | string | null)[]>;
}

interface Result {
  readonly name: string;
  readonly error?: string;
  readonly verdict?: Verdict;
  readonly bytes?: number;
  readonly bytesAfter?: number;
}

export const bench: Bench = {
  summary:
    "Architectures from torchvision, timm and transformers: nodes after optimize against ONNX Runtime's basic level, shapes, outputs, bytes",
  run: async (log) => {
    const python = peersPython(log, 'requirements-architectures.txt');
    const folder = join(cacheFolder(), 'architectures');
    const results: Result[] = [];
    const models = await exported(python, folder, log);
    for (let start = 0; start < models.length; start += batchSize)
      results.push(...(await examine(models.slice(start, start + batchSize), folder, python, log)));
    log(table(results));
    return [...results.flatMap(nodeRow), ...summary(results, log)];
  },
};

/** Names of the models in the folder, those that are missing exported first. `ARCHITECTURES` names some, with commas between. */
async function exported(
  python: string,
  folder: string,
  log: (line: string) => void,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const { result } = await runPeer<readonly string[]>(python, 'export.py', ['list']);
  const chosen = process.env.ARCHITECTURES?.split(',') ?? result;
  const models: string[] = [];
  for (const name of chosen) {
    const path = (exporter: string, end: string) => join(folder, `${name}.${exporter}.${end}`);
    const isTried = (exporter: string) =>
      existsSync(path(exporter, 'onnx')) || existsSync(path(exporter, 'txt'));
    if (!exporters.every(isTried)) {
      log(`exporting ${name} ...`);
      await runPeer(python, 'export.py', ['export', folder, name]);
    }
    for (const exporter of exporters) {
      if (existsSync(path(exporter, 'onnx'))) models.push(`${name}.${exporter}`);
      else log(`PyTorch's exporter '${exporter}' refuses ${name}: see ${path(exporter, 'txt')}`);
    }
  }
  return models;
}

async function examine(
  names: readonly string[],
  folder: string,
  python: string,
  log: (line: string) => void,
): Promise<readonly Result[]> {
  const work = mkdtempSync(join(tmpdir(), 'pare-architectures-'));
  try {
    const results: Result[] = [];
    const subjects: Subject[] = [];
    for (const name of names) {
      log(`${name} ...`);
      try {
        subjects.push(await prepare(name, join(folder, `${name}.onnx`), join(work, `${name}.onnx`)));
      } catch (error) {
        results.push({ name, error: messageOf(error) });
      }
    }
    const jobs = join(work, 'jobs.json');
    writeFileSync(
      jobs,
      JSON.stringify(
        subjects.map(({ path, optimized, shapes }) => ({
          model: path,
          optimized,
          shapes: Object.fromEntries(shapes),
        })),
      ),
    );
    const { result } = await runPeer<readonly (Verdict | { readonly error: string })[]>(
      python,
      'architectures.py',
      [jobs],
    );
    return [...results, ...subjects.map((subject, index) => judge(subject, result[index]!))];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function prepare(name: string, path: string, optimized: string): Promise<Subject> {
  const model = openModel(path);
  const step = findStep('optimize')!;
  const { model: made } = await applyStep({
    step,
    settings: checkSettings(step.settings, {}).settings!,
    model,
    train: undefined,
    test: undefined,
    seed: 1,
    overrides: [],
    runner: ortRunner,
    signal: new AbortController().signal,
    progress: () => {},
    metric: () => {},
  });
  const bytesAfter = saveModel(made, optimized);
  const { types } = inferShapes(withoutStatements(model));
  const shapes = new Map(
    [...types].flatMap(([value, type]) => {
      const shape = shapeOf(type);
      return shape ? [[value, shape.map((dim) => (dim === unknownDim ? null : dim))] as const] : [];
    }),
  );
  return { name, path, optimized, bytes: statSync(path).size, bytesAfter, shapes };
}

/** What the file states of intermediate values is removed, as it is for the peer: shapes are to be found. */
function withoutStatements(model: Model): Model {
  const copy = cloneModel(model);
  copy.graph.valueInfo.clear();
  return copy;
}

const judge = (
  { name, bytes, bytesAfter }: Subject,
  verdict: Verdict | { readonly error: string },
): Result => ('error' in verdict ? { name, error: verdict.error } : { name, verdict, bytes, bytesAfter });

const nodeRow = ({ name, verdict }: Result): Row[] =>
  verdict ? [row(name, verdict.after, verdict.basic, 'nodes')] : [];

const goals: readonly { readonly title: string; readonly met: (result: Result) => boolean }[] = [
  {
    title: 'no unknown shape that symbolic inference knows',
    met: ({ verdict }) => verdict?.unknown.length === 0 && verdict.wrong.length === 0,
  },
  { title: 'outputs equal within 1e-4', met: ({ verdict }) => (verdict?.difference ?? 1) <= tolerance },
  {
    title: 'no more nodes than the basic level',
    met: ({ verdict }) => !!verdict && verdict.after <= verdict.basic,
  },
  { title: 'no larger file', met: ({ bytes, bytesAfter }) => bytes !== undefined && bytesAfter! <= bytes },
];

/** One row a goal: how many of the models meet it, of how many. */
function summary(results: readonly Result[], log: (line: string) => void): Row[] {
  const both = new Set(results.map(({ name }) => architecture(name)));
  for (const { name } of results)
    if (
      !exporters.every((exporter) =>
        results.some((result) => result.name === `${architecture(name)}.${exporter}`),
      )
    )
      both.delete(architecture(name));
  log(`${results.length} models; ${both.size} architectures from both exporters.`);
  const all = { title: 'all four', met: (result: Result) => goals.every(({ met }) => met(result)) };
  return [...goals, all].map(({ title, met }) => {
    const count = results.filter(met).length;
    const rest = results.filter((result) => !met(result)).map(({ name }) => name);
    log(`${title}: ${count} of ${results.length}${rest.length > 0 ? `; not ${rest.join(', ')}` : ''}`);
    return row(title, count, results.length, 'models');
  });
}

const architecture = (name: string): string => name.slice(0, name.lastIndexOf('.'));

function table(results: readonly Result[]): string {
  const figure = (value: number | undefined) => (value === undefined ? '' : String(value));
  return formatTable<Result>(
    [
      { title: 'model', value: ({ name }) => name },
      { title: 'nodes', value: ({ verdict }) => figure(verdict?.before), right: true },
      { title: 'ours', value: ({ verdict }) => figure(verdict?.after), right: true },
      { title: 'basic', value: ({ verdict }) => figure(verdict?.basic), right: true },
      { title: 'shapes', value: ({ verdict }) => figure(verdict?.values), right: true },
      { title: 'unknown', value: ({ verdict }) => figure(verdict?.unknown.length), right: true },
      { title: 'wrong', value: ({ verdict }) => figure(verdict?.wrong.length), right: true },
      {
        title: 'difference',
        value: ({ verdict }) => verdict?.difference.toExponential(1) ?? '',
        right: true,
      },
      { title: 'bytes', value: ({ bytes }) => figure(bytes), right: true },
      { title: 'after', value: ({ bytesAfter }) => figure(bytesAfter), right: true },
      { title: '', value: remark },
    ],
    results,
  );
}

/** What went wrong, or which values are not known, or why ONNX's inference stands in for the peer's. */
const remark = ({ error, verdict }: Result): string =>
  error ??
  ([...(verdict?.unknown ?? []), ...(verdict?.wrong ?? [])].slice(0, 3).join(', ') ||
    (verdict?.inference ?? ''));
