import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import { liftWeights, storeWeights } from '../../autodiff/parameters.ts';
import { weightOf } from '../../autodiff/state.ts';
import { trainStep } from '../../autodiff/train-step.ts';
import { PareError } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import { formatCount } from '../../base/units.ts';
import type { Dataset } from '../../data/dataset.ts';
import { inputsOf } from '../../data/feeds.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { labelOf } from '../../ir/node.ts';
import type { LayerChange, StepContext, StepResult } from '../define.ts';
import { createFeeder, mixSeed } from './feeder.ts';
import type { Validation } from './judge.ts';
import { train } from './loop.ts';
import type { Objective } from './objective.ts';
import { batchPreparation } from './prepare-batch.ts';
import { chosenOptimizer, chosenSchedule, type TrainingSettings } from './settings.ts';
import { weightSettings } from './weight-settings.ts';

export interface TrainModelOptions {
  readonly model: Model;
  readonly settings: TrainingSettings;
  readonly objective: Objective;
  /** What the samples kept apart are judged by; the objective by default. */
  readonly judged?: Objective | undefined;
  readonly context: StepContext;
  readonly data: Dataset;
  /** What stands for this training beside the settings in the key of its checkpoints. */
  readonly key: string;
  /** The model that the weights are put into, where the trained one has additions that are only for training. */
  readonly into?: Model;
}

/**
 * Trains a model as a step: the model with its trained weights, and what became of each layer.
 * Errors: those of `trainStep` and `train`; `model-inputs` when the data have nothing for some input; `training-patience`.
 */
export async function trainModel(options: TrainModelOptions): Promise<StepResult> {
  const { model, settings, objective, judged = objective, context, data } = options;
  const { optimizer, rate, decay } = chosenOptimizer(settings);
  const { frozen, groups } = weightSettings(model, context);
  const inputs = inputsOf(model);
  const fixed = inputs[0]?.type.shape?.[0];
  const { training, kept } = split(data.size, settings.validation, context.seed);
  const batch = typeof fixed === 'number' ? fixed : Math.min(settings.batch, training.length);
  const block = await context.runner.blockedChannels();
  const step = trainStep(model, {
    batch,
    block,
    losses: objective.losses,
    optimizer,
    decay,
    ...(settings.clip === undefined ? {} : { clip: { norm: settings.clip } }),
    ...(settings.average === undefined ? {} : { average: settings.average }),
    batchNorm: settings['batch-norm'],
    dropout: settings.dropout,
    keepZeros: settings['keep-zeros'],
    trainable: (name) => !frozen.has(name),
    group: (name) => groups.get(name) ?? {},
    sharpness: settings.sharpness,
    memory: settings.memory,
    separate: settings.accumulate > 1 || settings.sharpness > 0,
  });
  if (settings.patience !== undefined && kept.length === 0)
    throw new PareError(
      'training-patience',
      '`patience` needs `validation`: nothing else says whether it got better.',
      {
        hint: 'Set `validation: 10 %`.',
      },
    );
  const prepare = batchPreparation(data, inputs, settings, context.seed);
  const whole = typeof fixed === 'number';
  const feeder = createFeeder({
    dataset: data,
    indices: training,
    batch,
    whole: true,
    seed: mixSeed(context.seed, 1),
    feed: prepare(objective, step.targets, true),
  });
  const trainedNames = step.state.filter(({ kind }) => kind === 'parameter' || kind === 'statistics');
  const judge = (): Validation | undefined => {
    if (kept.length === 0) return undefined;
    const evaluation = evaluationStep(
      model,
      judged.losses,
      trainedNames.map(({ weight }) => weight),
    );
    return {
      step: evaluation,
      data: createFeeder({
        dataset: data,
        indices: whole ? kept.slice(0, kept.length - (kept.length % batch)) : kept,
        batch: whole ? batch : Math.max(batch, 256),
        feed: prepare(judged, evaluation.targets, false),
      }),
      by: judged.by,
      ...(settings.patience === undefined ? {} : { patience: settings.patience }),
    };
  };
  const validation = judge();
  const trained = await train({
    runner: context.runner,
    step,
    data: feeder,
    epochs: settings.epochs,
    accumulate: settings.accumulate,
    rate,
    schedule: chosenSchedule(
      settings,
      settings.epochs * Math.ceil(feeder.stepsPerEpoch / settings.accumulate),
    ),
    seed: context.seed,
    ...(validation ? { validation } : {}),
    ...(context.checkpoints === undefined
      ? {}
      : {
          checkpoint: {
            folder: context.checkpoints,
            key: JSON.stringify([options.key, settings, data.hash, context.seed]),
          },
        }),
    signal: context.signal,
    metric: context.metric,
    progress: context.progress,
  });
  const result = cloneModel(options.into ?? model);
  const own = [...trained.weights.values()].filter(
    ({ slot }) => result.graph.initializers.has(slot.weight) || result.graph.producer(slot.weight),
  );
  storeWeights(
    result.graph,
    own.map(({ slot, values }) => weightOf(slot, values)),
  );
  const parameters = step.state.filter(({ kind }) => kind === 'parameter');
  const count = parameters.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0);
  const notes = [
    `Trained ${formatCount(count)} weights for ${trained.epochs} epochs (${trained.steps} steps of ${batch} samples); the mean loss of the last epoch was ${trained.loss.toPrecision(3)}.`,
    ...(trained.best
      ? [
          `The best epoch was ${trained.best.epoch + 1}, with ${judged.by} ${trained.best.score.toPrecision(4)} on the ${kept.length} samples kept apart.`,
        ]
      : []),
    ...(trained.stoppedEarly ? ['It ended early: nothing got better any more.'] : []),
    ...(whole ? [`The model is fixed to batches of ${batch}, so that is what it was trained on.`] : []),
  ];
  return {
    model: result,
    notes,
    layers: layerChanges(options.into ?? model, new Set(parameters.map(({ weight }) => weight)), frozen),
  };
}

/** Samples to train on and samples kept apart, chosen by the seed alone. */
function split(size: number, share: number, seed: number) {
  const order = [...createRng(mixSeed(seed, 0)).shuffle(Int32Array.from({ length: size }, (_, i) => i))];
  const kept = Math.min(size - 1, Math.round(size * share));
  return {
    kept: order.slice(0, kept).sort((a, b) => a - b),
    training: order.slice(kept).sort((a, b) => a - b),
  };
}

function layerChanges(
  model: Model,
  trained: ReadonlySet<string>,
  frozen: ReadonlySet<string>,
): LayerChange[] {
  const copy = cloneModel(model);
  liftWeights(copy.graph);
  return copy.graph.nodes.flatMap((node) => {
    const own = node.inputs.filter((name) => copy.graph.initializers.has(name));
    if (own.some((name) => trained.has(name)))
      return [{ layer: labelOf(node), op: node.opType, change: 'trained' }];
    if (own.some((name) => frozen.has(name)))
      return [{ layer: labelOf(node), op: node.opType, change: 'left alone: skipped' }];
    return [];
  });
}
