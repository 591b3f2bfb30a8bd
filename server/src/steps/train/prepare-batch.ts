import type { TargetInput } from '../../autodiff/losses/build-losses.ts';
import { PareError } from '../../base/errors.ts';
import type { Batch, Dataset } from '../../data/dataset.ts';
import { feedsOf, type ModelInput } from '../../data/feeds.ts';
import { augment } from './augment.ts';
import type { Feeds } from './feeder.ts';
import { drawMix, mixed } from './mixup.ts';
import type { Objective } from './objective.ts';
import type { TrainingSettings } from './settings.ts';

/** Makes the feeds of a graph from a batch of an epoch. */
export type PrepareBatch = (batch: Batch, epoch: number) => Promise<Feeds>;

/**
 * How batches are prepared: for training changed and mixed as the settings say, for evaluation as they are. Errors:
 * `training-augment` for settings that do not fit the samples; those of `feedsOf` and of the objective's targets.
 */
export function batchPreparation(
  data: Dataset,
  inputs: readonly ModelInput[],
  settings: TrainingSettings,
  seed: number,
): (objective: Objective, targets: readonly TargetInput[], training: boolean) => PrepareBatch {
  const changes = settings.flip || settings.shift > 0 || settings.cutout > 0;
  if (changes && data.sampleShape.length !== 3)
    throw new PareError(
      'training-augment',
      '`flip`, `shift` and `cutout` are for images [N, C, H, W] alone.',
    );
  if (settings.mixup > 0 && (inputs.length > 1 || inputs[0]?.type.type !== 'float'))
    throw new PareError('training-augment', '`mixup` is for models of one input, of floats.', {
      hint: 'Leave it out: what is counted or named cannot be mixed.',
    });
  return (objective, targets, training) => async (given, epoch) => {
    if (training && changes) augment(given, settings, seed, epoch);
    const mix = training && settings.mixup > 0 ? drawMix(given, settings.mixup, seed, epoch) : undefined;
    const batch = mix ? { ...given, input: mixed(given.input, mix) } : given;
    const changed = training && (changes || mix !== undefined);
    const answers = await objective.targets(batch, { changed, mix });
    return { ...feedsOf(batch, inputs), ...underNames(answers, targets) };
  };
}

/** Targets by the names that the graph has for them. */
const underNames = (answers: Feeds, targets: readonly TargetInput[]): Feeds =>
  Object.fromEntries(targets.map(({ name, target }) => [name, answers[target]!]));
