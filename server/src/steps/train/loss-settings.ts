import * as z from 'zod';
import { percentage } from '../../base/setting-types.ts';

const lossName = z.enum(['auto', 'cross-entropy', 'binary', 'mse', 'l1', 'huber', 'cosine']);

/** What a model is trained towards. */
export function lossSettings() {
  return {
    loss: lossName
      .default('auto')
      .describe(
        'What is made small. `cross-entropy`: one class of several; `binary`: yes or no, each by itself; `mse`, `l1`, `huber`, `cosine`: the distance to `targets` of the data. `auto`: cross entropy (`binary` for a single score) where the data have classes, `mse` where they have targets.',
      ),
    outputs: z
      .array(
        z.strictObject({
          output: z.string().min(1).describe('Name of an output of the model.'),
          loss: lossName.optional().describe('Loss of this output; that of the step by default.'),
          weight: z.number().positive().default(1).describe('Its factor in the sum of all losses.'),
        }),
      )
      .min(1)
      .optional()
      .describe(
        'Which outputs are trained. By default the first one where the data have labels, and every one that the data have `targets` for.',
      ),
    smoothing: percentage()
      .prefault('0 %')
      .describe('Label smoothing: share of the target that is spread over all classes.'),
    'class-weights': z
      .union([z.literal('balanced'), z.array(z.number().min(0))])
      .optional()
      .describe(
        'Weight of each class in the loss, in the order of their numbers; `balanced` makes rare classes count as much as frequent ones.',
      ),
  };
}

export type LossSettings = z.output<z.ZodObject<ReturnType<typeof lossSettings>>>;
export type LossName = Exclude<LossSettings['loss'], 'auto'>;
