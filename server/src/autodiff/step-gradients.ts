import { growingShapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import type { Model } from '../ir/model.ts';
import { labelOf, type Node } from '../ir/node.ts';
import type { TensorType } from '../ir/value-type.ts';
import { backward } from './backward.ts';
import { buildLosses, type LossTerm, type TargetInput } from './losses/build-losses.ts';
import { blockLayout } from './lowering/blocked-layout.ts';
import { withBlockedDomain } from './lowering/blocks.ts';
import type { Lowering } from './lowering/lowering.ts';
import { lowerings } from './lowering/table.ts';
import { decays, trainableWeights } from './parameters.ts';
import { recompute } from './recompute/recompute.ts';
import { type MaskInput, type TrainingFormOptions, trainingForm } from './training-form.ts';
import { type Statistic, scalarInput, type TrainedWeight } from './update.ts';
import { withBatch } from './with-batch.ts';

export interface GradientOptions extends TrainingFormOptions {
  readonly losses: readonly LossTerm[];
  /** Says which weights are trained; all by default. */
  readonly trainable?: (name: string) => boolean;
  /** Forms of gradients to use in place of the operators' own; the faster ones by default. */
  readonly loweringOf?: (node: Node) => Lowering | undefined;
  /** Samples of every batch, where they are always the same: sizes that are known allow faster forms. */
  readonly batch?: number;
  /** Channels in a block of the runtime's blocked convolution kernels (`Runner.blockedChannels`); without it standard operators alone. */
  readonly block?: number | undefined;
  /** Makes the update a graph of its own, so that the gradients of several batches can be added up before it. */
  readonly separate?: boolean;
  /** `small`: activations are computed again in the backward pass in place of being kept. */
  readonly memory?: 'fast' | 'small';
}

/** The first part of a training step, in one graph: forward pass, losses, gradients. */
export interface StepGradients {
  readonly model: Model;
  readonly build: Builder;
  readonly trained: readonly TrainedWeight[];
  readonly statistics: readonly Statistic[];
  /** The scalar input that all gradients are multiplied by, where the update is separate. */
  readonly share: string | undefined;
  readonly masks: readonly MaskInput[];
  readonly data: readonly string[];
  readonly targets: readonly TargetInput[];
  readonly metrics: ReadonlyMap<string, string>;
  readonly origins: ReadonlyMap<string, string>;
  readonly layers: ReadonlyMap<string, string>;
}

/**
 * Writes forward pass, losses and backward pass of a model. Errors: those of `trainingForm` and `backward`;
 * `nothing-to-train`; `loss-output`.
 */
export function writeGradients(model: Model, options: GradientOptions): StepGradients {
  const form = trainingForm(options.batch === undefined ? model : withBatch(model, options.batch), options);
  const { graph } = form.model;
  const data = graph.inputs
    .map(({ name }) => name)
    .filter((name) => !form.masks.some((mask) => mask.name === name));
  const shapes = growingShapes(form.model);
  const candidates = trainableWeights(graph).filter(
    ({ name }) => !form.statistics.has(name) && (options.trainable?.(name) ?? true),
  );
  const build = createBuilder(graph);
  const built = buildLosses(
    build,
    options.losses,
    (name) => shapes.types.get(name) as TensorType | undefined,
  );
  const share = options.separate ? scalarInput(build, 'share') : undefined;
  const seeds =
    share === undefined
      ? built.seeds
      : new Map([...built.seeds].map(([value, seed]) => [value, build.op('Mul', [seed, share])]));
  shapes.extend(
    graph,
    graph.nodes.filter((node) => node.outputs.some((output) => !shapes.types.has(output))),
  );
  const forward = [...graph.nodes];
  const walk = backward(graph, {
    shapes,
    seeds,
    wanted: candidates.map(({ name }) => name),
    loweringOf: options.loweringOf ?? lowerings(options.block),
  });
  const { gradients, gradientOf } = walk;
  if (options.memory === 'small')
    recompute(graph, { shapes, forward, data: graph.inputs.map(({ name }) => name), gradientOf });
  const origins = new Map(walk.origins);
  const layers = new Map<string, string>();
  if (options.block !== undefined) {
    const labels = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, labelOf(node)])));
    const added = blockLayout(graph, {
      types: shapes.types,
      block: options.block,
      keep: [...gradients.values(), ...built.metrics.values(), ...form.statistics.values()],
    });
    for (const [value, of] of added) {
      const origin = origins.get(of);
      if (origin === undefined) layers.set(value, labels.get(of)!);
      else origins.set(value, origin);
    }
  }
  const trained = candidates.flatMap((weight): TrainedWeight[] => {
    const gradient = gradients.get(weight.name);
    return gradient === undefined ? [] : [{ weight, gradient, decays: decays(graph, weight) }];
  });
  if (trained.length === 0)
    throw new PareError('nothing-to-train', 'No weight of the model leads to the loss.', {
      hint: 'Check which layers are frozen and which output the loss reads.',
    });
  const statistics = [...form.statistics].map(
    ([name, value]): Statistic => ({ weight: graph.initializers.get(name)!, value }),
  );
  return {
    model: withBlockedDomain(form.model),
    build,
    trained,
    statistics,
    share,
    masks: form.masks,
    data,
    targets: built.targets,
    metrics: built.metrics,
    origins,
    layers,
  };
}
