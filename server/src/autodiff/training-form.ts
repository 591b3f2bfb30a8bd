import { inferShapes, type Shapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { float, int } from '../ir/attribute.ts';
import { createBuilder } from '../ir/builder.ts';
import type { Shape } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import { cloneModel, type Model, opsetOf } from '../ir/model.ts';
import { createNode, labelOf, type Node } from '../ir/node.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { upgradeModel } from '../onnx/upgrade/upgrade.ts';
import { foldSizes } from './fold-sizes.ts';
import { isRecurrent, liftWeights } from './parameters.ts';

export interface TrainingFormOptions {
  /** `update`: batch statistics, running ones follow. `frozen`: the stored statistics, as in inference. */
  readonly batchNorm?: 'update' | 'frozen';
  /** False leaves Dropout out. */
  readonly dropout?: boolean;
}

export interface TrainingForm {
  /** A copy of the model that computes as in training; values keep their names. */
  readonly model: Model;
  /** Running statistics: initializer -> value that it takes after the step. */
  readonly statistics: ReadonlyMap<string, string>;
  readonly masks: readonly MaskInput[];
}

/** A graph input that says which elements a Dropout keeps: randomness comes from outside, so that a step can be repeated. */
export interface MaskInput {
  readonly name: string;
  /** May hold the batch's symbol. */
  readonly shape: Shape;
  /** Share of elements to drop. */
  readonly ratio: number;
}

/** The lowest opset whose operators the backward pass is written in (reductions with axes as an input). */
export const lowestOpset = 18;

/**
 * Rewrites what computes differently in training: BatchNormalization uses the batch's statistics and moves the running
 * ones (ONNX's definition: population variance), Dropout multiplies by a mask given as an input. Weights are lifted first,
 * sizes that are known become constants, and models of an older opset are upgraded.
 * Errors: `training-opset`, `training-statistics`.
 */
export function trainingForm(model: Model, options: TrainingFormOptions = {}): TrainingForm {
  const copy = recent(model);
  const { graph } = copy;
  liftWeights(graph);
  const shapes = inferShapes(copy);
  foldSizes(graph, shapes);
  const statistics = new Map<string, string>();
  const masks: MaskInput[] = [];
  for (const node of [...graph.nodes]) {
    if (node.domain !== '') continue;
    if (isRecurrent(node.opType)) nameStates(graph, node);
    if (node.opType === 'Dropout')
      dropout(graph, node, shapes, options.dropout === false ? undefined : masks);
    if (node.opType === 'BatchNormalization' && options.batchNorm !== 'frozen')
      batchStatistics(graph, node, statistics);
  }
  return { model: copy, statistics, masks };
}

/** A copy of the model in an opset that the backward pass can be added to. */
function recent(model: Model): Model {
  if (opsetOf(model) >= lowestOpset) return cloneModel(model);
  const { model: upgraded, blocked } = upgradeModel(model);
  const reason = blocked[0]?.reason;
  if (reason === undefined) return cloneModel(upgraded);
  throw new PareError(
    'training-opset',
    `Training needs opset ${lowestOpset} or later; the model has ${opsetOf(model)} and cannot be upgraded: ${reason}.`,
    { hint: 'Export the model again for a newer opset.' },
  );
}

/** The gradient of a recurrent layer is made from the states of all steps, which it must give for that. */
function nameStates(graph: Graph, node: Node): void {
  const [y, ...others] = node.outputs;
  if (!y) graph.update(node, { outputs: [graph.freshName(`${labelOf(node)}.states`), ...others] });
}

function batchStatistics(graph: Graph, node: Node, statistics: Map<string, string>): void {
  const [x, scale, bias, mean, variance] = node.inputs as [string, string, string, string, string];
  for (const name of [mean, variance])
    if (!graph.initializers.has(name) || statistics.has(name))
      throw new PareError(
        'training-statistics',
        `'${labelOf(node)}' has no running statistics of its own to update.`,
        {
          hint: 'Freeze batch normalization (`batch-norm: frozen`).',
          place: { name: labelOf(node) },
        },
      );
  const kept = node.attributes.get('momentum');
  const momentum = kept?.kind === 'float' ? kept.value : 0.9;
  const [batchMean, batchVariance] = [graph.freshName(`${mean}.batch`), graph.freshName(`${variance}.batch`)];
  // With momentum 0 the operator's running outputs are the batch's own statistics, which the gradient needs. onnxruntime
  // writes them over the running inputs, so these are copies whose values do not matter.
  const before = createBuilder(graph, node);
  const scratch = (value: string) => before.op('Mul', [value, before.constant('float', [], [0])]);
  graph.replace(node, [
    createNode(
      'BatchNormalization',
      [x, scale, bias, scratch(mean), scratch(variance)],
      [node.outputs[0]!, batchMean, batchVariance],
      {
        name: node.name,
        attributes: new Map([...node.attributes, ['momentum', float(0)], ['training_mode', int(1)]]),
      },
    ),
  ]);
  const build = createBuilder(graph);
  for (const [running, batch] of [
    [mean, batchMean],
    [variance, batchVariance],
  ] as const) {
    const part = (value: string, share: number) =>
      build.op('Mul', [value, build.constant('float', [], [share])]);
    statistics.set(
      running,
      build.op('Add', [part(running, momentum), part(batch, 1 - momentum)], {}, { name: `${running}.next` }),
    );
  }
}

function dropout(graph: Graph, node: Node, shapes: Shapes, masks: MaskInput[] | undefined): void {
  const [x] = node.inputs as [string];
  const [y, mask] = node.outputs as [string, string | undefined];
  if (mask)
    throw new PareError('training-dropout', `The mask of Dropout '${labelOf(node)}' is read by the model.`);
  const given = node.attributes.get('ratio');
  const constant = graph.constant(node.inputs[1] ?? '');
  const ratio = constant ? numbers(constant)[0]! : given?.kind === 'float' ? given.value : 0.5;
  if (!masks || ratio <= 0 || ratio >= 1) {
    graph.replace(node, [createNode('Identity', [x], [y], { name: node.name })]);
    return;
  }
  const shape = shapeOf(shapes.types.get(x));
  if (!shape)
    throw new PareError('training-dropout', `The shape of '${x}' is not known, so Dropout has no mask.`);
  const name = graph.freshName(`${labelOf(node)}.keep`);
  graph.inputs.push({ name, type: tensorType('bool', shape) });
  masks.push({ name, shape, ratio });
  const build = createBuilder(graph, node);
  const scaled = build.op('Mul', [x, build.constant('float', [], [1 / (1 - ratio)])]);
  graph.replace(node, [
    createNode('Where', [name, scaled, build.constant('float', [], [0])], [y], { name: node.name }),
  ]);
}
