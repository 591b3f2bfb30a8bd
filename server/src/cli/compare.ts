import * as z from 'zod';
import { structureDiff } from '../analysis/structure-diff.ts';
import { exitCodes } from '../base/errors.ts';
import { formatTable } from '../base/table.ts';
import { formatBytes, formatCount, formatPercent } from '../base/units.ts';
import { comparePredictions } from '../measure/compare.ts';
import { compareOutputs } from '../measure/compare-outputs.ts';
import { evaluate } from '../measure/evaluate.ts';
import { yesAbove } from '../measure/yes-above.ts';
import { openModel } from '../onnx/files.ts';
import { openData } from '../runs/apply-step.ts';
import { fileBytes } from '../runs/file-bytes.ts';
import { ortRunner } from '../runtime/session.ts';
import { defineCommand, type Io } from './define.ts';
import { dataOptions, dataSourceOf } from './shared/data-options.ts';

export const compare = defineCommand({
  name: 'compare',
  summary: 'Compare two models: structure, size, outputs and, with data, predictions.',
  details:
    'Layers are matched by name. Without data both run on the same random inputs. With `--tolerance` it exits with 1 when an output differs by more.',
  arguments: [
    { name: 'A', doc: 'ONNX model' },
    { name: 'B', doc: 'ONNX model' },
  ],
  options: z.strictObject({
    ...dataOptions('data', 'samples'),
    tolerance: z
      .number()
      .nonnegative()
      .optional()
      .describe('largest difference of an output that counts as equal'),
    run: z.boolean().default(true).describe('compare structure and size alone'),
  }),
  examples: [
    'pare compare model.onnx model.int8.onnx --data test.npy --labels labels.npy',
    'pare compare model.onnx model.opt.onnx --tolerance 1e-4',
  ],
  run: async ([a, b], options, io) => {
    const [before, after] = [openModel(a!), openModel(b!)];
    const structure = structureDiff(before, after);
    const bytes = { before: fileBytes(a!), after: fileBytes(b!) };
    const outputs = options.run ? await outputDifferences(a!, b!) : null;
    const predictions = await predictionDifferences(a!, b!, options, io);
    const far =
      options.tolerance !== undefined && outputs?.some(({ largest }) => largest > options.tolerance!);
    const lines = [
      `size  ${formatBytes(bytes.before)} -> ${formatBytes(bytes.after)} (${(bytes.after / bytes.before).toFixed(2)} x)`,
      ...structure.operators.map(({ op, before: from, after: to }) => `${op}  ${from} -> ${to}`),
      '',
      ...(structure.changed.length === 0
        ? ['Layers of the same name are the same.']
        : [layerTable(structure.changed)]),
      ...(structure.removed.length > 0 ? [`only in A: ${structure.removed.join(', ')}`] : []),
      ...(structure.added.length > 0 ? [`only in B: ${structure.added.join(', ')}`] : []),
      ...(outputs ?? []).map(
        ({ output, largest, magnitude }) =>
          `output ${output}: differs by at most ${largest.toPrecision(3)} (values up to ${magnitude.toPrecision(3)})`,
      ),
      ...(predictions
        ? [
            `same prediction on ${formatPercent(predictions.agreement)} of ${predictions.samples} samples; ${predictions.broken} now wrong, ${predictions.mended} now right`,
          ]
        : []),
    ];
    return {
      exitCode: far ? exitCodes.no : exitCodes.done,
      json: { bytes, structure, outputs, predictions },
      text: lines.join('\n'),
    };
  },
});

function layerTable(changed: ReturnType<typeof structureDiff>['changed']): string {
  const pair = (from: string, to: string) => (from === to ? from : `${from} -> ${to}`);
  return formatTable(
    [
      { title: 'layer', value: (row) => row.layer },
      { title: 'op', value: (row) => pair(row.before.op, row.after.op) },
      {
        title: 'parameters',
        value: (row) => pair(formatCount(row.before.parameters), formatCount(row.after.parameters)),
        right: true,
      },
      {
        title: 'bytes',
        value: (row) => pair(formatBytes(row.before.bytes), formatBytes(row.after.bytes)),
        right: true,
      },
      {
        title: 'MACs',
        value: (row) => pair(formatCount(row.before.macs), formatCount(row.after.macs)),
        right: true,
      },
    ],
    changed,
  );
}

async function outputDifferences(a: string, b: string) {
  const [first, second] = [await ortRunner.open({ path: a }), await ortRunner.open({ path: b })];
  try {
    return await compareOutputs(first, second, 4, 1);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}

async function predictionDifferences(
  a: string,
  b: string,
  options: Readonly<Record<string, unknown>>,
  io: Io,
) {
  const source = dataSourceOf(options, 'data');
  if (!source) return null;
  const dataset = await openData(source, process.cwd(), openModel(a));
  const predict = (path: string) =>
    evaluate(ortRunner, { path }, dataset, {
      ...(dataset.classes === undefined ? {} : { yesAbove: yesAbove(openModel(path)) }),
      signal: io.signal,
      progress: (done, total) => io.progress(done, total, `running ${path}`),
    });
  const [first, second] = [await predict(a), await predict(b)];
  return comparePredictions(first.predictions, second.predictions, first.labels);
}
