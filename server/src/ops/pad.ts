import { text } from '../ir/attribute.ts';
import { addDims, type Dim } from '../ir/dim.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, type Coupling, defineOp, free, refuseGradient } from './define.ts';
import { normalizeAxis, plainInts } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput, scalarInput } from './shared/samples.ts';
import { scatterAxis } from './shared/scatter-axis.ts';
import { constantInts, int64List } from './shared/shape-values.ts';
import { elementOf, tensorOf } from './shared/types.ts';

/** The input index behind every index of a padded axis (ONNX, Pad, modes edge, reflect and wrap). */
function paddedIndices(size: number, begin: number, end: number, mode: string): readonly number[] {
  const wrapped = (at: number, period: number) => ((at % period) + period) % period;
  return Array.from({ length: Math.max(0, begin + size + end) }, (_, i) => {
    const at = i - begin;
    if (mode === 'edge') return Math.min(Math.max(at, 0), size - 1);
    if (mode === 'wrap') return wrapped(at, size);
    const period = Math.max(1, 2 * (size - 1));
    const folded = wrapped(at, period);
    return folded < size ? folded : period - folded;
  });
}

export const pad = defineOp({
  type: 'Pad',
  summary:
    'Adds elements at the begin and the end of axes: a constant, the edge, a reflection; negative pads cut away.',
  inputs: ['data', 'pads?', 'constant_value?', 'axes?'],
  outputs: ['output'],
  attributes: {
    mode: attribute.string('constant, reflect, edge or wrap.', 'constant'),
    pads: attribute.ints('Padding before opset 11: begin of every axis, then end of every axis.'),
    paddings: attribute.ints('Padding in opset 1.'),
    value: attribute.float('The constant, before opset 11.', 0),
  },
  infer: ({ inputs: [x], attributes, ints: known, given, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const pads = attributes.pads ?? attributes.paddings ?? known(1);
    const axes = given(3) ? plainInts(known(3)) : shape.map((_, i) => i);
    if (!axes)
      return [
        tensorOf(
          elementOf(x),
          shape.map(() => '?'),
        ),
      ];
    if (pads && pads.length !== 2 * axes.length) fail(`${pads.length} pads for ${axes.length} axes`);
    const result: Dim[] = [...shape];
    for (const [i, axis] of axes.entries()) {
      const at = normalizeAxis(axis, shape.length, fail);
      result[at] = addDims(shape[at]!, pads ? addDims(pads[i]!, pads[i + axes.length]!) : '?');
      if (typeof result[at] === 'number' && result[at] < 0)
        fail(`pads leave ${result[at]} elements of axis ${at}`);
    }
    return [tensorOf(elementOf(x), result)];
  },
  cost: free,
  gradient: ({ build, inputs, outputs, types, attributes, dy: [dy] }) => {
    if (!dy) return [];
    const { type, shape } = types(inputs[0]!);
    const rank = shape!.length;
    const stated = attributes.pads ?? attributes.paddings;
    if (attributes.mode === 'constant') {
      const back = stated
        ? int64List(
            build,
            stated.map((value) => -value),
          )
        : build.op('Neg', [inputs[1]!]);
      const axes = inputs[3] ? ['', inputs[3]] : [];
      return [build.op('Pad', [dy, back, ...axes], { mode: text('constant') })];
    }
    const pads = stated ?? constantInts({ build }, inputs[1]);
    const axes = constantInts({ build }, inputs[3]) ?? shape!.map((_, i) => i);
    if (!pads) return refuseGradient({ outputs }, 'its pads are computed');
    let gradient = dy;
    for (const [i, given] of axes.entries()) {
      const axis = given < 0 ? given + rank : given;
      const size = shape![axis];
      const [begin, end] = [pads[i]!, pads[i + axes.length]!];
      if (begin === 0 && end === 0) continue;
      if (typeof size !== 'number')
        return refuseGradient({ outputs }, `axis ${axis} has the symbolic size ${size}`);
      const indices = int64List(build, paddedIndices(size, begin, end, attributes.mode));
      gradient = scatterAxis(build, gradient, indices, { type, axis, size, rank, indexRank: 1 });
    }
    return [gradient];
  },
  channels: ({ inputs: [x], attributes, constant }) => {
    const rank = x?.shape?.length ?? 0;
    const [padding, named] = [constant(1), constant(3)];
    const pads = attributes.pads ?? attributes.paddings ?? (padding && numbers(padding));
    const axes = (named ? numbers(named) : Array.from({ length: rank }, (_, i) => i)).map((axis) =>
      axis < 0 ? axis + rank : axis,
    );
    if (!pads) return [];
    return Array.from({ length: rank }, (_, axis): Coupling => {
      const at = axes.indexOf(axis);
      const begin = at < 0 ? 0 : pads[at]!;
      const coupling = { from: { input: 0, axis }, to: { output: 0, axis } };
      return begin === 0 ? coupling : { ...coupling, offset: begin };
    }).filter(({ from: { axis } }) => {
      const at = axes.indexOf(axis);
      // Padding a channel axis with anything but constants at its ends has no channel of its own.
      return (
        at < 0 ||
        (pads[at]! >= 0 &&
          pads[at + axes.length]! >= 0 &&
          (attributes.mode === 'constant' || (pads[at] === 0 && pads[at + axes.length] === 0)))
      );
    });
  },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'zeros', inputs: [waveInput([2, 3]), intsInput([0, 1, 2, 0])] },
    { name: 'constant', inputs: [waveInput([2, 3]), intsInput([1, 1]), scalarInput(7), intsInput([-1])] },
    { name: 'cut', inputs: [waveInput([4, 5]), intsInput([-1, 1, 0, -2])] },
    {
      name: 'reflect',
      inputs: [waveInput([3, 5]), intsInput([2, 1, 1, 3])],
      attributes: new Map([['mode', text('reflect')]]),
    },
    {
      name: 'edge',
      inputs: [waveInput([3, 4]), intsInput([1, 2, 3, 0])],
      attributes: new Map([['mode', text('edge')]]),
    },
    {
      name: 'wrap',
      inputs: [waveInput([3, 4]), intsInput([1, 2, 2, 1])],
      attributes: new Map([['mode', text('wrap')]]),
    },
  ],
});
