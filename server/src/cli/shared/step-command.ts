import { resolve } from 'node:path';
import * as z from 'zod';
import type { Provider } from '../../base/providers.ts';
import { formatTable } from '../../base/table.ts';
import { formatBytes } from '../../base/units.ts';
import type { Model } from '../../ir/model.ts';
import { openModel, saveModel } from '../../onnx/files.ts';
import { applyStep, openData } from '../../runs/apply-step.ts';
import { fileBytes } from '../../runs/file-bytes.ts';
import { onProvider } from '../../runs/on-provider.ts';
import { ortRunner } from '../../runtime/session.ts';
import type { Step, StepResult } from '../../steps/define.ts';
import { type Command, defineCommand, type Io } from '../define.ts';
import { dataOptions, dataSourceOf } from './data-options.ts';
import { refuseOverwrite } from './paths.ts';
import { providerOption } from './provider-option.ts';

/** One step without a recipe: its settings are the options. */
export function stepCommand(step: Step): Command {
  const output = z
    .string()
    .optional()
    .describe(`where to write the result (default: MODEL with '.${step.name}' before its extension)`);
  const data = dataOption(step);
  return defineCommand({
    name: step.name,
    summary: step.summary,
    details: step.details,
    arguments: [{ name: 'MODEL', doc: 'ONNX model; it is not changed' }],
    options: step.settings.extend({
      output,
      ...providerOption,
      ...dataOptions(data, 'samples to learn from'),
    }),
    examples: [`pare ${step.name} model.onnx -o model.${step.name}.onnx`],
    run: async ([model], options, io) => {
      const path = model!;
      const { output: given, ...rest } = options as Readonly<Record<string, unknown>> & { output?: string };
      const target = given ?? path.replace(/(\.onnx)?$/, `.${step.name}.onnx`);
      refuseOverwrite(target, [path]);
      const result = await applyAlone(step, openModel(path), rest, data, 1, io);
      const bytes = saveModel(result.model, target);
      const before = fileBytes(path);
      return {
        json: {
          model: resolve(target),
          bytes,
          bytesBefore: before,
          notes: result.notes,
          layers: result.layers,
        },
        text: `${layerTable(result.layers)}${result.notes.map((note) => `${note}\n`).join('')}${target}: ${formatBytes(bytes)}, was ${formatBytes(before)}`,
      };
    },
  });
}

/** The option that names what the step learns from: training data where it needs labels, else data to calibrate on. */
function dataOption(step: Step): 'data' | 'calibrate' {
  const defaults = step.settings.safeParse({});
  return defaults.success && step.needs(defaults.data as never).labels ? 'data' : 'calibrate';
}

/** Applies a step whose settings and data come from the command line. */
export async function applyAlone(
  step: Step,
  model: Model,
  options: Readonly<Record<string, unknown>>,
  data: string,
  seed: number,
  io: Io,
): Promise<StepResult> {
  const settings = Object.fromEntries(Object.keys(step.settings.shape).map((name) => [name, options[name]]));
  const source = dataSourceOf(options, data);
  const provider = (options.provider ?? 'cpu') as Provider;
  return applyStep({
    step,
    settings,
    model,
    train: source && (await openData(source, process.cwd(), model)),
    test: undefined,
    seed,
    overrides: [],
    runner: await onProvider(ortRunner, provider, { signal: io.signal }),
    signal: io.signal,
    progress: io.progress,
    metric: () => {},
  });
}

function layerTable(layers: StepResult['layers']): string {
  if (layers.length === 0) return '';
  const table = formatTable(
    [
      { title: 'layer', value: (row) => row.layer },
      { title: 'op', value: (row) => row.op },
      { title: 'change', value: (row) => row.change },
    ],
    layers,
  );
  return `${table}\n\n`;
}
