import * as z from 'zod';
import { adam } from '../../autodiff/optimizers/adam.ts';
import type { Optimizer } from '../../autodiff/optimizers/optimizer.ts';
import { rmsprop } from '../../autodiff/optimizers/rmsprop.ts';
import { sgd } from '../../autodiff/optimizers/sgd.ts';
import { unreachable } from '../../base/errors.ts';
import { percentage } from '../../base/setting-types.ts';
import type { Schedule } from './schedule.ts';

/** Settings that every step which trains has. */
export function trainingSettings() {
  return {
    epochs: z.int().positive().default(5).describe('How often the training data are gone through.'),
    batch: z.int().positive().max(65_536).default(64).describe('Samples in one training step.'),
    accumulate: z
      .int()
      .positive()
      .max(65_536)
      .default(1)
      .describe(
        'Batches whose gradients make one update, for the effect of a larger batch in the memory of a smaller one. Batch normalization still sees the small batches.',
      ),
    memory: z
      .enum(['fast', 'small'])
      .default('fast')
      .describe(
        '`small` computes activations again in the backward pass in place of keeping them: the same training in less memory and more time. The deeper the network, the more it saves (at a batch of 128 ResNet-8 a fifth of the memory, ResNet-32 a half), for about a quarter more time.',
      ),
    optimizer: z
      .enum(['sgd', 'nesterov', 'adamw', 'rmsprop'])
      .default('adamw')
      .describe(
        '`adamw` needs the least tuning; `sgd` and `nesterov` (both with momentum) often end a little better on image classifiers.',
      ),
    rate: z
      .number()
      .positive()
      .optional()
      .describe(
        'Base learning rate; by default 0.001 for `adamw`, 0.01 for `sgd` and `nesterov`, 0.0005 for `rmsprop`.',
      ),
    momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum of `sgd` and `nesterov`.'),
    decay: z
      .number()
      .min(0)
      .optional()
      .describe(
        'Weight decay, decoupled and multiplied by the rate; biases and normalizations are spared. By default 0.01 for `adamw`, 0.0005 otherwise.',
      ),
    schedule: z
      .enum(['constant', 'step', 'cosine', 'one-cycle'])
      .default('cosine')
      .describe(
        'How the rate falls: `step` divides it by ten at half and at three quarters of the training.',
      ),
    'warm-up': percentage()
      .prefault('0 %')
      .describe('Share of the training over which the rate rises from zero.'),
    clip: z.number().positive().optional().describe('Largest norm of the gradient over all weights.'),
    sharpness: z
      .number()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        'Radius of sharpness-aware minimization (2021), such as 0.05; 0: none. Flatter minima often generalize better; every step takes twice as long.',
      ),
    average: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe(
        'Keeps an exponential moving average of the weights, such as 0.999, and gives that as the result.',
      ),
    validation: percentage()
      .prefault('0 %')
      .describe(
        'Share of the training data that is kept apart and looked at after every epoch: the best epoch is the result.',
      ),
    patience: z
      .int()
      .positive()
      .optional()
      .describe('Ends the training after so many epochs without a better one; needs `validation`.'),
    'batch-norm': z
      .enum(['update', 'frozen'])
      .default('update')
      .describe(
        '`update`: statistics of the batch, the stored ones follow; `frozen`: the stored ones as they are.',
      ),
    dropout: z.boolean().default(true).describe('Whether Dropout layers of the model drop.'),
    'keep-zeros': z
      .boolean()
      .default(true)
      .describe('Weights that are zero stay zero, so that a pruned model stays pruned.'),
    flip: z.boolean().default(false).describe('Mirrors half of the training images left to right.'),
    shift: z.int().min(0).max(64).default(0).describe('Moves training images by up to so many pixels.'),
    cutout: z
      .int()
      .min(0)
      .max(256)
      .default(0)
      .describe('Side of a square of each training image that is blanked at a random place.'),
    mixup: z
      .number()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        'Mixes each training sample with another one, and their answers alike (2018); the share is drawn from Beta(`mixup`, `mixup`), such as 0.2; 0: none.',
      ),
  };
}

export type TrainingSettings = z.output<z.ZodObject<ReturnType<typeof trainingSettings>>>;

export function layerTrainingSettings() {
  return z.strictObject({
    skip: z.boolean().optional().describe('Freezes the layer: its weights stay as they are.'),
    rate: z
      .number()
      .positive()
      .optional()
      .describe("Factor of the learning rate for the layer's weights: `0.1` moves them ten times slower."),
    decay: z
      .number()
      .min(0)
      .optional()
      .describe("Weight decay of the layer in place of the step's; biases are spared all the same."),
  });
}

export type LayerTrainingSettings = z.output<ReturnType<typeof layerTrainingSettings>>;

interface Chosen {
  readonly optimizer: Optimizer;
  readonly rate: number;
  readonly decay: number;
}

/** The optimizer that the settings name, with its defaults. */
export function chosenOptimizer({ optimizer, rate, decay, momentum }: TrainingSettings): Chosen {
  switch (optimizer) {
    case 'sgd':
    case 'nesterov':
      return {
        optimizer: sgd({ momentum, nesterov: optimizer === 'nesterov' }),
        rate: rate ?? 0.01,
        decay: decay ?? 5e-4,
      };
    case 'adamw':
      return { optimizer: adam(), rate: rate ?? 1e-3, decay: decay ?? 0.01 };
    case 'rmsprop':
      return { optimizer: rmsprop(), rate: rate ?? 5e-4, decay: decay ?? 5e-4 };
    default:
      return unreachable(optimizer);
  }
}

/** The schedule that the settings name, for a training of so many steps. */
export function chosenSchedule(settings: TrainingSettings, steps: number): Schedule {
  const warmup = Math.round(settings['warm-up'] * steps);
  return settings.schedule === 'step'
    ? { kind: 'step', at: [0.5, 0.75], factor: 0.1, warmup }
    : { kind: settings.schedule, warmup };
}
