import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { buildArchitecture } from '../architecture/build.ts';
import { type Architecture, architectureSchema } from '../architecture/schema.ts';
import { messageOf, PareError } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import { saveModel } from '../onnx/files.ts';
import { finetune } from '../steps/finetune/finetune.ts';
import { defineCommand } from './define.ts';
import { dataOptions } from './shared/data-options.ts';
import { providerOption } from './shared/provider-option.ts';
import { applyAlone } from './shared/step-command.ts';

const { start: _, ...trainingOptions } = finetune.settings.shape;

export const train = defineCommand({
  name: 'train',
  summary: 'Train a network from scratch on labelled data.',
  details:
    'NETWORK is a YAML file with the shape of one sample and the layers: `input: [1, 28, 28]` and `layers: [conv 20 5x5, maxpool 2, conv 50 5x5, maxpool 2, dense 500 relu, dense 10]`. The result is an ordinary ONNX model. A recipe may hold the network too, under `model:`; `pare run` then trains, compresses and measures it in one go.',
  arguments: [{ name: 'NETWORK', doc: 'YAML file with `input` and `layers`' }],
  options: z.strictObject({
    ...trainingOptions,
    ...dataOptions('data', 'training samples'),
    ...providerOption,
    seed: z.int().min(0).default(1).describe('seed of weights and order'),
    output: z.string().describe('where to write the model'),
  }),
  examples: [
    'pare train lenet5.yaml --data train-images.gz --labels train-labels.gz --normalize 1/255 --epochs 12 -o lenet5.onnx',
  ],
  run: async ([path], options, io) => {
    const { seed, output } = options;
    const network = buildArchitecture(readArchitecture(path!), seed);
    const result = await applyAlone(finetune, network, { ...options, start: 'trained' }, 'data', seed, io);
    const bytes = saveModel(result.model, output);
    return {
      json: { model: resolve(output), bytes, notes: result.notes },
      text: [...result.notes, `${output}: ${formatBytes(bytes)}`].join('\n'),
    };
  },
});

function readArchitecture(path: string): Architecture {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (error) {
    throw new PareError('architecture', `'${path}' cannot be read: ${messageOf(error)}.`, {
      hint: 'Give a YAML file with `input` and `layers`.',
      place: { file: path },
    });
  }
  const { data, error } = architectureSchema.safeParse(value);
  if (data) return data;
  const { path: at, message } = error.issues[0]!;
  throw new PareError('architecture', `'${path}' is no network: ${at.join('.') || 'the file'}: ${message}.`, {
    hint: 'It needs `input: [1, 28, 28]` and `layers: [...]`.',
    place: { file: path },
  });
}
