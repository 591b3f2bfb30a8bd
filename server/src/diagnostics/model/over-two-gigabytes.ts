import type { Blob } from '../../base/blob.ts';
import { formatBytes } from '../../base/units.ts';
import { bytesOf, type Tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';

/** Protocol buffers end at 2 GiB; a tenth is left for what tools add. */
const limit = 0.9 * 2 ** 31;

/** A constant of this many rows whose bytes nobody asks for. */
function large(rows: number, external: boolean): Tensor {
  const data: Blob = {
    size: rows * 4096 * 4,
    read: () => {
      throw new Error('an example has no bytes');
    },
    ...(external ? { external: { location: 'model.data', offset: 0 } } : {}),
  };
  return { name: '', type: 'float', dims: [4096, rows], data };
}
const model = (rows: number, external: boolean) => () =>
  sketch({
    inputs: { x: [1, 4096] },
    outputs: { y: [1, rows] },
    constants: { 'fc.weight': large(rows, external) },
    nodes: [layer('fc', 'MatMul', 'x', 'y')],
  });

export const overTwoGigabytes = defineDiagnostic({
  subject: 'model',
  code: 'over-two-gigabytes',
  severity: 'warning',
  what: 'The model keeps nearly 2 GB or more of weights inside of its own file.',
  why: 'Protocol buffers end at 2 GiB: many tools cannot read or write the file, and some write an empty graph without an error.',
  remedy:
    'Save the model with external data: the weights lie in a second file beside it. Pare does so by itself when a result is too large.',
  *detect({ model }) {
    let bytes = 0;
    for (const { initializers } of graphsOf(model))
      for (const tensor of initializers.values()) if (!tensor.data.external) bytes += bytesOf(tensor);
    if (bytes > limit) yield { message: `${formatBytes(bytes)} of weights lie inside of the model file.` };
  },
  bad: [model(130_000, false)],
  good: [model(130_000, true), model(1000, false)],
});
