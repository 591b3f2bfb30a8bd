import { int } from '../ir/attribute.ts';
import { createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { type DataType, dataTypeCode } from '../ir/data-type.ts';
import type { Dim } from '../ir/dim.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { tensorType } from '../ir/value-type.ts';

export interface ClassifierOptions {
  readonly batch?: Dim;
  readonly sample?: readonly number[];
  /** Of the input, and of the output where it is a float; the computation is in float. */
  readonly type?: DataType;
  /** The batch that a Reshape insists on, whatever the input declares. */
  readonly builtIn?: number;
  /** Scores are the logarithm of what they were: not a number below zero. */
  readonly log?: boolean;
}

/** A linear classifier: scores = samples x weights [features, classes], row after row. */
export function classifier(
  features: number,
  classes: number,
  weights: readonly number[],
  { batch = 'N', sample = [features], type = 'float', builtIn = -1, log = false }: ClassifierOptions = {},
): Model {
  const graph = new Graph('classifier');
  graph.inputs.push({ name: 'samples', type: tensorType(type, [batch, ...sample]) });
  const scoreType = type === 'float16' || type === 'double' ? type : 'float';
  graph.outputs.push({ name: 'scores', type: tensorType(scoreType, [batch, classes]) });
  const { op, constant, graph: target } = createBuilder(graph);
  const start = type === 'float' ? 'samples' : op('Cast', ['samples'], { to: int(dataTypeCode('float')) });
  const flat = op('Reshape', [start, constant('int64', [2], [builtIn, features])]);
  const product = op('MatMul', [flat, constant('float', [features, classes], weights)]);
  const scores = log ? op('Log', [product]) : product;
  const last = op('Cast', [scores], { to: int(dataTypeCode(scoreType)) });
  target.update(target.producer(last)!, { outputs: ['scores'] });
  return createModel(graph);
}

/** `layers` square matrix products of `width` one after the other: work that grows with its arguments. */
export function towerOf(layers: number, width: number): Model {
  const graph = new Graph('tower');
  graph.inputs.push({ name: 'samples', type: tensorType('float', ['N', width]) });
  graph.outputs.push({ name: 'scores', type: tensorType('float', ['N', width]) });
  const { op, constant } = createBuilder(graph);
  let value = 'samples';
  for (let layer = 0; layer < layers; layer++) {
    const weights = Float32Array.from(
      { length: width * width },
      (_, i) => (((i * 31 + layer) % 17) - 8) / 100,
    );
    value = op('MatMul', [value, constant('float', [width, width], weights)]);
  }
  graph.update(graph.producer(value)!, { outputs: ['scores'] });
  return createModel(graph);
}
