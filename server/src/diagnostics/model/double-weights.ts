import { formatBytes } from '../../base/units.ts';
import { bytesOf, sizeOf, tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const model = (type: 'double' | 'float') => () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    constants: { 'fc.weight': tensor('', type, [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) },
    nodes: [layer('fc', 'MatMul', 'x', 'y')],
  });

export const doubleWeights = defineDiagnostic({
  subject: 'model',
  code: 'double-weights',
  severity: 'warning',
  what: 'Weights are stored in double precision.',
  why: 'They take twice the room of float32 and at least twice the time, and quantizers leave them alone. No network needs the digits.',
  remedy: 'Convert the model to float32 before it is exported, such as with `model.float()` in PyTorch.',
  *detect({ model }) {
    const found = [...graphsOf(model)].flatMap(({ initializers }) =>
      [...initializers.values()].filter((value) => value.type === 'double' && sizeOf(value) > 1),
    );
    const bytes = found.reduce((sum, value) => sum + bytesOf(value), 0);
    if (found.length > 0)
      yield {
        message: `${counted(found.length, 'constant')} of ${formatBytes(bytes)} in all ${found.length === 1 ? 'is' : 'are'} in double precision: ${listed(found.map(({ name }) => name))}.`,
        name: found[0]!.name,
      };
  },
  bad: [model('double')],
  good: [model('float')],
});
