import { isFloat } from '../../ir/data-type.ts';
import { bytesOf, floats, type Tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { wave } from '../shared/wave.ts';

const model = (special: Readonly<Record<number, number>>) => () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 4] },
    constants: { 'fc.weight': wave([4, 4], special) },
    nodes: [layer('fc', 'MatMul', 'x', 'y')],
  });

export const notFiniteWeights = defineDiagnostic({
  subject: 'model',
  code: 'not-finite-weights',
  severity: 'error',
  what: 'Weights hold NaN or infinity.',
  why: 'Every result that they touch is NaN or infinite. Training diverged, or a conversion to float16 overflowed.',
  remedy: 'Export from an earlier checkpoint, or convert with a larger type.',
  *detect({ model, readsWeights }) {
    if (!readsWeights) return;
    for (const graph of graphsOf(model))
      for (const tensor of graph.initializers.values()) {
        const bad = notFinite(tensor);
        if (bad)
          yield {
            message: `'${tensor.name}' holds ${bad.value} at element ${bad.at}${bad.count > 1 ? `, and ${bad.count - 1} more such values` : ''}.`,
            name: tensor.name,
          };
      }
  },
  bad: [model({ 3: Number.NaN }), model({ 5: Number.POSITIVE_INFINITY })],
  good: [model({})],
});

function notFinite(tensor: Tensor) {
  if (!isFloat(tensor.type) || tensor.type.startsWith('float8') || tensor.type.startsWith('float4'))
    return undefined;
  if (bytesOf(tensor) === 0) return undefined;
  const values = floats(tensor);
  let found: { readonly at: number; readonly value: number } | undefined;
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue;
    found ??= { at, value: values[at]! };
    count++;
  }
  return found && { ...found, count };
}
