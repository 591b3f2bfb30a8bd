import { type Shape, substitute, unknownDim } from '../ir/dim.ts';
import { cloneModel, type Model } from '../ir/model.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';

/**
 * The model for batches of so many samples: the first axis of its inputs, where it is open, and every other axis that has the
 * same symbol. Sizes that are known let the backward pass take faster forms.
 */
export function withBatch(model: Model, batch: number): Model {
  const copy = cloneModel(model);
  const { inputs, initializers } = copy.graph;
  const sizes = new Map<string, number>();
  for (const { name, type } of inputs) {
    const first = initializers.has(name) ? undefined : shapeOf(type)?.[0];
    if (typeof first === 'string' && first !== unknownDim) sizes.set(first, batch);
  }
  const fixed = (shape: Shape): Shape =>
    shape.map((dim, axis) => (axis === 0 && dim === unknownDim ? batch : substitute(dim, sizes)));
  for (const [index, input] of inputs.entries()) {
    if (input.type?.kind !== 'tensor' || !input.type.shape || initializers.has(input.name)) continue;
    inputs[index] = { ...input, type: tensorType(input.type.type, fixed(input.type.shape)) };
  }
  return copy;
}
