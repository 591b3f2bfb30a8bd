import { inferShapes } from '../../analysis/shapes.ts';
import { binaryCrossEntropy } from '../../autodiff/losses/binary-cross-entropy.ts';
import type { LossTerm } from '../../autodiff/losses/build-losses.ts';
import { cosineDistance } from '../../autodiff/losses/cosine.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import type { Loss } from '../../autodiff/losses/loss.ts';
import { absoluteError, huber, squaredError } from '../../autodiff/losses/regression.ts';
import { PareError, unreachable } from '../../base/errors.ts';
import { didYouMean } from '../../base/suggest.ts';
import type { Batch, Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { shapeOf } from '../../ir/value-type.ts';
import { classWeights } from './class-weights.ts';
import type { Feeds } from './feeder.ts';
import type { LossName, LossSettings } from './loss-settings.ts';
import { type Mix, mixed } from './mixup.ts';
import { type Answer, targetFeed } from './target-feed.ts';

/** What a model is trained towards: the losses, and how their targets are made from a batch. */
export interface Objective {
  readonly losses: readonly LossTerm[];
  /** Targets by the names that the loss terms give them. */
  readonly targets: (batch: Batch, seen: Seen) => Feeds | Promise<Feeds>;
  /** Metric that says which weights are better. */
  readonly by: string;
}

/** What was done to the samples of a batch. */
export interface Seen {
  /** They are not what the data set holds. */
  readonly changed: boolean;
  /** Their inputs are mixed; the labels and targets of the batch are not yet. */
  readonly mix?: Mix | undefined;
}

/** An output, its loss, and where the right answers are. */
interface Goal extends Answer {
  readonly loss: LossName;
  readonly weight: number;
}

/**
 * The objective that the settings and the data give. `soft` wants shares of classes in place of classes, for samples that are
 * mixed. Errors: `needs-labels`, `loss-output` for an output that is not there, `loss-data` where loss and data do not fit,
 * `loss-weights`; while training `label-range`.
 */
export async function objectiveOf(
  model: Model,
  data: Dataset,
  settings: LossSettings,
  soft = false,
): Promise<Objective> {
  const goals = goalsOf(model, data, settings);
  const weighted = settings['class-weights'];
  if (weighted && !goals.some(({ loss, from }) => from === 'labels' && isOfClasses(loss)))
    throw new PareError('loss-weights', '`class-weights` needs a loss of classes, and labels.', {
      hint: 'Leave it out, or choose `cross-entropy` or `binary`.',
    });
  const weights = weighted === 'balanced' ? await classWeights(data) : weighted;
  const losses: LossTerm[] = [];
  const feeds: [string, (batch: Batch) => NdArray][] = [];
  for (const [index, goal] of goals.entries()) {
    const target = index === 0 ? 'target' : `target_${index}`;
    const loss = lossOf(goal, settings.smoothing, goal.from === 'labels' ? weights : undefined, soft);
    losses.push({ loss, output: goal.output, weight: goal.weight, target });
    feeds.push([target, targetFeed(goal, goal.loss, { soft, smoothing: settings.smoothing })]);
  }
  return {
    losses,
    targets: (batch, { mix }) =>
      Object.fromEntries(feeds.map(([name, feed]) => [name, mix ? mixed(feed(batch), mix) : feed(batch)])),
    by: goals.length === 1 && goals[0]!.loss === 'cross-entropy' ? 'accuracy' : 'loss',
  };
}

/** Labels as the target of a classifier's first output, for a cross entropy; `soft` as shares, which can be mixed. */
export function labelFeed(model: Model, soft: boolean): (batch: Batch, seen: Seen) => NdArray {
  const output = model.graph.outputs[0]?.name ?? '';
  const shape = shapeOf(inferShapes(model).types.get(output));
  const feed = targetFeed({ output, shape, from: 'labels', stored: [] }, 'cross-entropy', {
    soft,
    smoothing: 0,
  });
  return (batch, { mix }) => (mix ? mixed(feed(batch), mix) : feed(batch));
}

const isOfClasses = (loss: LossName): boolean => loss === 'cross-entropy' || loss === 'binary';

function goalsOf(model: Model, data: Dataset, settings: LossSettings): readonly Goal[] {
  const names = model.graph.outputs.map(({ name }) => name);
  const targets = data.targetShapes ?? {};
  const first = names[0] ?? '';
  const wished = settings.outputs ?? [
    ...(data.classes !== undefined && !(first in targets) ? [{ output: first, weight: 1 }] : []),
    ...Object.keys(targets).map((output) => ({ output, weight: 1 })),
  ];
  if (wished.length === 0)
    throw new PareError('needs-labels', 'Training needs the class of every sample, or targets.', {
      hint: "Add 'labels' or 'targets' to 'data.train'.",
    });
  const { types } = inferShapes(model);
  return wished.map(({ output, loss = settings.loss, weight }) => {
    if (!names.includes(output)) {
      const meant = didYouMean(output, names);
      throw new PareError(
        'loss-output',
        `The model has no output '${output}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
        { hint: `Its outputs are ${names.join(', ')}.`, place: { name: output } },
      );
    }
    const target = targets[output];
    if (target === undefined && data.classes === undefined)
      throw new PareError(
        'loss-data',
        `The data have neither labels nor targets for the output '${output}'.`,
        {
          hint: "Name them under 'targets' of 'data.train'.",
        },
      );
    const answer: Answer = {
      output,
      shape: shapeOf(types.get(output)),
      from: target === undefined ? 'labels' : 'targets',
      stored: target ?? [],
    };
    return { ...answer, weight, loss: loss === 'auto' ? fittingLoss(answer) : loss };
  });
}

/** Cross entropy for classes, or `binary` where there is one score; the squared error for values. */
function fittingLoss({ from, shape }: Answer): LossName {
  if (from === 'targets') return 'mse';
  return shape?.slice(1).every((dim) => dim === 1) ? 'binary' : 'cross-entropy';
}

function lossOf(
  { loss }: Goal,
  smoothing: number,
  weights: readonly number[] | undefined,
  soft: boolean,
): Loss {
  switch (loss) {
    case 'cross-entropy':
      return crossEntropy({ smoothing, soft, ...(weights ? { weights } : {}) });
    case 'binary':
      return binaryCrossEntropy(weights ? { positive: positiveWeight(weights) } : {});
    case 'mse':
      return squaredError();
    case 'l1':
      return absoluteError();
    case 'huber':
      return huber();
    case 'cosine':
      return cosineDistance();
    default:
      return unreachable(loss);
  }
}

/** The weight of yes beside that of no. */
function positiveWeight(weights: readonly number[]): number {
  const [no = 0, yes = 0] = weights;
  if (weights.length === 2 && no > 0) return yes / no;
  throw new PareError('loss-weights', '`binary` takes two class weights: of no, above zero, and of yes.');
}
