import * as z from 'zod';
import { PareError } from '../base/errors.ts';
import { formatTable } from '../base/table.ts';
import { formatPercent } from '../base/units.ts';
import type { Dataset } from '../data/dataset.ts';
import { evaluate } from '../measure/evaluate.ts';
import { targetScores } from '../measure/target-scores.ts';
import { yesAbove } from '../measure/yes-above.ts';
import { openModel } from '../onnx/files.ts';
import { openData } from '../runs/apply-step.ts';
import { onProvider } from '../runs/on-provider.ts';
import { errorNames } from '../runs/summary.ts';
import { ortRunner } from '../runtime/session.ts';
import type { Runner } from '../steps/runner.ts';
import { defineCommand, type Io } from './define.ts';
import { dataOptions, dataSourceOf } from './shared/data-options.ts';
import { providerOption } from './shared/provider-option.ts';

export const evaluateCommand = defineCommand({
  name: 'eval',
  summary:
    'Measure the accuracy of a classifier on labelled data, with a confidence interval and per class, or the errors of values.',
  details:
    'The class is the highest score of the first floating-point output of shape [samples, classes]. The interval is Wilson, 95 %. With --targets outputs are compared with values.',
  arguments: [{ name: 'MODEL', doc: 'ONNX model' }],
  options: z.strictObject({
    ...dataOptions('data', 'samples'),
    batch: z.int().positive().default(64).describe('samples a run'),
    ...providerOption,
  }),
  examples: [
    'pare eval model.onnx --data t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz --normalize 1/255',
  ],
  run: async ([path], options, io) => {
    const source = dataSourceOf(options, 'data');
    if (!source) throw needsLabels();
    const model = openModel(path!);
    const dataset = await openData(source, process.cwd(), model);
    const runner = await onProvider(ortRunner, options.provider, { signal: io.signal });
    if (dataset.targetShapes) return evaluateTargets(runner, path!, dataset, options.batch, io);
    if (dataset.classes === undefined) throw needsLabels();
    const { accuracy, output } = await evaluate(runner, { path: path! }, dataset, {
      batch: options.batch,
      yesAbove: yesAbove(model),
      signal: io.signal,
      progress: (done, total) => io.progress(done, total, 'evaluating'),
    });
    const { value, low, high, correct, samples, classes } = accuracy!;
    const table = formatTable(
      [
        { title: 'class', value: (row) => row.name },
        { title: 'samples', value: (row) => String(row.samples), right: true },
        { title: 'precision', value: (row) => formatPercent(row.precision), right: true },
        { title: 'recall', value: (row) => formatPercent(row.recall), right: true },
      ],
      classes,
    );
    return {
      json: { model: path, output, accuracy },
      text: `${table}\n\naccuracy ${formatPercent(value)} (${correct} of ${samples}; 95 % interval ${formatPercent(low)} to ${formatPercent(high)}), error ${formatPercent(1 - value)}`,
    };
  },
});

async function evaluateTargets(runner: Runner, path: string, dataset: Dataset, batch: number, io: Io) {
  const session = await runner.open({ path });
  try {
    const targets = await targetScores(session, dataset, {
      batch,
      signal: io.signal,
      progress: (done, total) => io.progress(done, total, 'evaluating'),
    });
    const lines = targets.map((score) =>
      score.kind === 'classes'
        ? `${score.output}: accuracy ${formatPercent(score.accuracy)}`
        : `${score.output}: ${errorNames.mae} ${score.mae.toPrecision(4)}, ${errorNames.rmse} ${score.rmse.toPrecision(4)}`,
    );
    return { json: { model: path, targets }, text: lines.join('\n') };
  } finally {
    await session.close();
  }
}

const needsLabels = () =>
  new PareError('needs-labels', '`pare eval` needs samples and their classes.', {
    hint: 'Name them with --data and --labels (or --targets), or give a folder of images or sounds as --data.',
  });
