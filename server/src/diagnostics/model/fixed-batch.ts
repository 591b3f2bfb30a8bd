import { shapeOf } from '../../ir/value-type.ts';
import { defineDiagnostic } from '../define.ts';
import { inputsOf } from '../shared/data.ts';
import { layer, sketch } from '../shared/sketch.ts';

const model = (batch: number | string) => () =>
  sketch({
    inputs: { x: [batch, 3, 8, 8] },
    outputs: { y: [batch, 4, 8, 8] },
    constants: { 'conv.weight': [4, 3, 1, 1] },
    nodes: [layer('conv', 'Conv', 'x', 'y')],
  });

export const fixedBatch = defineDiagnostic({
  subject: 'model',
  code: 'fixed-batch',
  severity: 'information',
  what: 'The model takes one sample at a time: its batch has the fixed size 1.',
  why: 'Calibration and evaluation then run sample by sample, which takes several times as long, and a server cannot put requests together.',
  remedy: 'Export the model again with a dynamic first axis.',
  *detect({ model }) {
    for (const { name, type } of inputsOf(model)) {
      const shape = shapeOf(type);
      if (shape && shape.length >= 2 && shape[0] === 1)
        yield {
          message: `Input '${name}' has the fixed shape [${shape.join(', ')}]: one sample at a time.`,
          name,
        };
    }
  },
  bad: [model(1)],
  good: [model('N'), model(8)],
});
