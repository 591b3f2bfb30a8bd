import * as z from 'zod';
import { formatTable } from '../base/table.ts';
import { formatBytes, formatCount, formatDuration } from '../base/units.ts';
import { measureModels } from '../measure/measure-models.ts';
import { openModel } from '../onnx/files.ts';
import { openData } from '../runs/apply-step.ts';
import { onProvider } from '../runs/on-provider.ts';
import { tryProviders } from '../runtime/providers.ts';
import { ortRunner } from '../runtime/session.ts';
import { defineCommand } from './define.ts';
import { dataOptions, dataSourceOf } from './shared/data-options.ts';
import { providerOption } from './shared/provider-option.ts';

export const bench = defineCommand({
  name: 'bench',
  summary: 'Time models against each other in one process: latency, throughput, peak memory, bytes.',
  details:
    'Turns alternate between the models, so that drift of the machine hits all alike; the ratio is taken turn by turn, with its 95 % interval. Without data the models run on zeros. Memory is what loading and running adds to a fresh process.',
  arguments: [
    { name: 'MODEL', doc: 'ONNX models; the first is what the others are compared with', variadic: true },
  ],
  options: z.strictObject({
    ...dataOptions('data', 'samples to run on'),
    batch: z.int().positive().default(1).describe('samples a run'),
    threads: z.int().positive().default(1).describe('threads within an operator'),
    ...providerOption,
    providers: z.boolean().default(false).describe('say which execution providers work on this machine'),
    memory: z.boolean().default(true).describe('do not measure memory (quicker)'),
  }),
  examples: [
    'pare bench model.onnx model.int8.onnx',
    'pare bench model.onnx --threads 4 --batch 32',
    'pare bench model.onnx --providers',
  ],
  run: async (paths, options, io) => {
    const subjects = paths.map((path) => ({ path, model: openModel(path) }));
    const source = dataSourceOf(options, 'data');
    const { batch, threads, provider, memory } = options;
    const dataset =
      source &&
      (await openData(
        { ...source, limit: Math.min(source.limit ?? batch, batch) },
        process.cwd(),
        subjects[0]!.model,
      ));
    const { measurements, ratios, notes } = await measureModels(
      await onProvider(ortRunner, provider, { signal: io.signal }),
      subjects,
      {
        dataset,
        batch,
        threads,
        memory,
        signal: io.signal,
        progress: io.progress,
      },
    );
    const providers = options.providers
      ? await tryProviders({ path: paths[0]! }, { signal: io.signal })
      : null;
    const rows = measurements.map((measurement, index) => ({
      path: paths[index]!,
      ratio: ratios[index]!,
      ...measurement,
    }));
    const table = formatTable(
      [
        { title: 'model', value: (row) => row.path },
        { title: 'p50', value: (row) => formatDuration(row.latencyMs.p50), right: true },
        { title: 'p95', value: (row) => formatDuration(row.latencyMs.p95), right: true },
        {
          title: 'ratio',
          value: (row) =>
            `${row.ratio.value.toFixed(2)} (${row.ratio.low.toFixed(2)} to ${row.ratio.high.toFixed(2)})`,
          right: true,
        },
        { title: 'samples/s', value: (row) => formatCount(Math.round(row.throughput)), right: true },
        {
          title: 'memory',
          value: (row) => (row.memoryBytes === null ? '' : formatBytes(row.memoryBytes)),
          right: true,
        },
        { title: 'size', value: (row) => formatBytes(row.bytes), right: true },
      ],
      rows,
    );
    const providerLines = (providers ?? []).map(
      ({ name, works, reason }) =>
        `${name}: ${works ? 'works' : `does not work: ${reason ?? 'no reason given'}`}`,
    );
    return {
      json: {
        models: rows.map(({ accuracy: _, ...row }) => row),
        batch,
        threads,
        provider,
        notes,
        providers,
      },
      text: [table, ...notes, ...providerLines].join('\n'),
    };
  },
});
