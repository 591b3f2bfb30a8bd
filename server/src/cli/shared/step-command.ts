import { resolve } from 'node:path';
import { z } from 'zod';
import { formatTable } from '../../base/table.ts';
import { formatBytes } from '../../base/units.ts';
import type { DataSource } from '../../data/source.ts';
import { openModel, saveModel } from '../../onnx/files.ts';
import { applyStep, openData } from '../../runs/apply-step.ts';
import { fileBytes } from '../../runs/file-bytes.ts';
import { ortRunner } from '../../runtime/session.ts';
import type { Step } from '../../steps/define.ts';
import { type Command, defineCommand } from '../define.ts';
import { dataOptions, dataSourceOf } from './data-options.ts';
import { refuseOverwrite } from './paths.ts';

/** One step without a recipe: its settings are the options. */
export function stepCommand(step: Step): Command {
  const output = z
    .string()
    .optional()
    .describe(`where to write the result (default: MODEL with '.${step.name}' before its extension)`);
  const learnsFrom = dataOptions('calibrate', 'samples to calibrate or train on');
  return defineCommand({
    name: step.name,
    summary: step.summary,
    details: step.details,
    arguments: [{ name: 'MODEL', doc: 'ONNX model; it is not changed' }],
    options: step.settings.extend({ output, ...learnsFrom }),
    examples: [`pare ${step.name} model.onnx -o model.${step.name}.onnx`],
    run: async ([model], options, io) => {
      const path = model!;
      const { output: given, ...rest } = options as Readonly<Record<string, unknown>> & { output?: string };
      const target = given ?? path.replace(/(\.onnx)?$/, `.${step.name}.onnx`);
      refuseOverwrite(target, [path]);
      const settings = Object.fromEntries(Object.keys(step.settings.shape).map((name) => [name, rest[name]]));
      const source: DataSource | undefined = dataSourceOf(rest, 'calibrate');
      const input = openModel(path);
      const train = source && (await openData(source, process.cwd(), input));
      const result = await applyStep({
        step,
        settings,
        model: input,
        train,
        test: undefined,
        seed: 1,
        overrides: [],
        runner: ortRunner,
        signal: io.signal,
        progress: io.progress,
        metric: () => {},
      });
      const bytes = saveModel(result.model, target);
      const before = fileBytes(path);
      const table =
        result.layers.length === 0
          ? ''
          : `${formatTable(
              [
                { title: 'layer', value: (row) => row.layer },
                { title: 'op', value: (row) => row.op },
                { title: 'change', value: (row) => row.change },
              ],
              result.layers,
            )}\n\n`;
      return {
        json: {
          model: resolve(target),
          bytes,
          bytesBefore: before,
          notes: result.notes,
          layers: result.layers,
        },
        text: `${table}${result.notes.map((note) => `${note}\n`).join('')}${target}: ${formatBytes(bytes)}, was ${formatBytes(before)}`,
      };
    },
  });
}
