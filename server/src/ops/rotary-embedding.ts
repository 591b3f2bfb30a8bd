import { type Attribute, int } from '../ir/attribute.ts';
import { attribute, defineOp, perElement, type Sample } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';
import { indexInput } from './shared/samples.ts';

const angles = [0, 0.3, 0.6, 0.9, 1.2, 1.5];
const table = (f: (angle: number) => number) => ({
  type: 'float' as const,
  shape: [3, 2],
  values: angles.map(f),
  constant: true,
});
const positions = indexInput([2, 3], [0, 1, 2, 2, 0, 1]);

const samples: readonly Sample[] = [
  {
    name: 'four axes',
    opset: 23,
    inputs: [waveInput([2, 2, 3, 4]), table(Math.cos), table(Math.sin), positions],
  },
  {
    name: 'three axes, interleaved',
    opset: 23,
    inputs: [waveInput([2, 3, 8]), table(Math.cos), table(Math.sin), positions],
    attributes: new Map<string, Attribute>([
      ['num_heads', int(2)],
      ['interleaved', int(1)],
    ]),
  },
];

/** Turns pairs of features by an angle that grows with the position (Su et al. 2021). Its adjoint turns them back. */
export const rotaryEmbedding = defineOp({
  type: 'RotaryEmbedding',
  summary: 'Turns pairs of features of queries and keys by angles that depend on the position.',
  inputs: ['X', 'cos_cache', 'sin_cache', 'position_ids?'],
  outputs: ['Y'],
  attributes: {
    interleaved: attribute.int('1: pairs are neighbours; 0: halves of the features.', 0),
    num_heads: attribute.int('Number of heads; needed where X has three axes.'),
    rotary_embedding_dim: attribute.int('Number of features that turn; 0: all.', 0),
  },
  infer: sameAsInput,
  cost: perElement(3),
  differentiable: { inputs: [0] },
  gradient: (context) => {
    const {
      build,
      inputs: [, cos, sin, position],
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const m = calculator(context);
    const { num_heads, interleaved, rotary_embedding_dim } = attributes;
    const settings: Record<string, Attribute> = {
      interleaved: int(interleaved),
      rotary_embedding_dim: int(rotary_embedding_dim),
      ...(num_heads === undefined ? {} : { num_heads: int(num_heads) }),
    };
    const inputs = [dy, cos!, m.neg(sin!), ...(position ? [position] : [])];
    return [build.op('RotaryEmbedding', inputs, settings)];
  },
  channels: ({ inputs: [x] }) => {
    const rank = x?.shape?.length ?? 0;
    // Heads are whole where they have an axis; features turn in pairs.
    return rank === 4 ? [{ from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } }] : [];
  },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples,
});
