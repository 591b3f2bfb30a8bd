import { createRng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import { createModel } from '../../ir/create-model.ts';
import type { Shape } from '../../ir/dim.ts';
import { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import { labelOf } from '../../ir/node.ts';
import { tensorType } from '../../ir/value-type.ts';
import { ortRunner } from '../../runtime/session.ts';
import type { Step, StepContext, StepResult } from '../define.ts';

/** A model of float inputs by name and shape, and of the nodes that `build` writes. */
export function modelOf(
  inputs: Readonly<Record<string, Shape>>,
  build: (build: Builder) => string | readonly string[],
  opset = 18,
): Model {
  const graph = new Graph('test');
  for (const [name, shape] of Object.entries(inputs))
    graph.inputs.push({ name, type: tensorType('float', shape) });
  const outputs = build(createBuilder(graph));
  for (const name of typeof outputs === 'string' ? [outputs] : outputs) graph.outputs.push({ name });
  return createModel(graph, opset);
}

/** Normally distributed weights, the same for the same seed. */
export function normal(count: number, seed = 1, scale = 1): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => scale * rng.normal());
}

/** A data set of normally distributed samples. */
export function randomData(sampleShape: readonly number[], size: number, seed = 1): Dataset {
  const each = sampleShape.reduce((a, b) => a * b, 1);
  const all = normal(each * size, seed);
  return {
    size,
    sampleShape,
    classes: undefined,
    classNames: undefined,
    hash: `random ${seed}`,
    async *batches(batch, indices = Array.from({ length: size }, (_, i) => i)) {
      for (let at = 0; at < indices.length; at += batch) {
        const picked = Array.from(
          { length: Math.min(batch, indices.length - at) },
          (_, i) => indices[at + i]!,
        );
        const data = new Float32Array(picked.length * each);
        for (const [row, index] of picked.entries())
          data.set(all.subarray(index * each, (index + 1) * each), row * each);
        yield {
          input: { type: 'float', dims: [picked.length, ...sampleShape], data },
          labels: undefined,
          indices: picked,
        };
      }
    },
  };
}

/** Applies a step with settings as a recipe writes them; `layers` are overrides by the node's name. */
export async function applyStep(
  step: Step,
  model: Model,
  settings: Readonly<Record<string, unknown>>,
  layers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  context: Partial<StepContext> = {},
): Promise<StepResult> {
  return step.apply(model, step.settings.parse(settings) as never, {
    runner: ortRunner,
    train: undefined,
    test: undefined,
    seed: 1,
    layer: (node) => {
      const own = layers[labelOf(node)];
      return own && step.layerSettings ? step.layerSettings.parse(own) : {};
    },
    signal: new AbortController().signal,
    progress: () => {},
    metric: () => {},
    ...context,
  });
}
