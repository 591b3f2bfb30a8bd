import { growingShapes } from '../analysis/shapes.ts';
import { createBuilder } from '../ir/builder.ts';
import type { Model } from '../ir/model.ts';
import { type TensorType, tensorType } from '../ir/value-type.ts';
import { buildLosses, type LossTerm, type TargetInput } from './losses/build-losses.ts';
import { trainingForm } from './training-form.ts';

/** The forward pass of a training step in inference form: metrics of a batch, with the weights as inputs. */
export interface EvaluationStep {
  readonly model: Model;
  readonly data: readonly string[];
  readonly targets: readonly TargetInput[];
  /** Scalars, means over the batch: metric -> graph output. */
  readonly metrics: ReadonlyMap<string, string>;
}

/** Writes the evaluation graph of a model for weights that change: those named in `weights` become inputs. */
export function evaluationStep(
  model: Model,
  losses: readonly LossTerm[],
  weights: Iterable<string>,
): EvaluationStep {
  const form = trainingForm(model, { batchNorm: 'frozen', dropout: false }).model;
  const { graph } = form;
  const data = graph.inputs.map(({ name }) => name);
  const shapes = growingShapes(form);
  const built = buildLosses(
    createBuilder(graph),
    losses,
    (name) => shapes.types.get(name) as TensorType | undefined,
  );
  for (const name of weights) {
    const value = graph.initializers.get(name);
    if (!value) continue;
    graph.removeInitializer(name);
    graph.inputs.push({ name, type: tensorType('float', value.dims) });
  }
  graph.outputs.splice(0, graph.outputs.length);
  for (const output of built.metrics.values())
    graph.outputs.push({ name: output, type: tensorType('float', []) });
  return { model: form, data, targets: built.targets, metrics: built.metrics };
}
