import { expect, test } from 'vitest';
import { inferShapes } from '../../analysis/shapes.ts';
import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import { tensor } from '../../ir/tensor.ts';
import { shapeOf } from '../../ir/value-type.ts';
import { isNone, type Operator, readAttributes, type Sample, sampleOpset } from '../../ops/define.ts';
import { operators } from '../../ops/index.ts';
import { applyStep, modelOf, normal, randomData } from '../shared/step.testing.ts';
import { fusedOperators } from './fused.testing.ts';
import { quantize } from './quantize.ts';

/**
 * Every operator that says it works on 8 bits is put between two layers with weights, and ONNX Runtime must then have no
 * float operator in the model, however its samples set its attributes.
 */
const cases = operators.flatMap((operator) => {
  const { quantize: rule, samples, domain } = operator;
  if (isNone(rule) || rule.kind === 'weighted' || isNone(samples)) return [];
  const isUsable = ({ attributes, inputs, outputs = 1, opset = sampleOpset(domain) }: Sample) => {
    const [data] = inputs;
    const isFloat = data?.type === 'float' && data.shape.every((size) => size > 0) && !data.constant;
    const values = readAttributes(operator.attributes, attributes ?? new Map());
    return isFloat && outputs === 1 && opset >= 13 && rule.unless?.(values) === undefined;
  };
  return samples
    .filter(isUsable)
    .map((sample) => ({ name: `${operator.type}, ${sample.name}`, operator, sample }));
});

/** A matrix product whose result is given this shape; images come from a convolution. */
function integerValue(b: Builder, shape: readonly number[], seed: number): string {
  if (shape.length === 4) {
    const [, channels, height, width] = shape as [number, number, number, number];
    const image = b.op('Reshape', ['x', b.constant('int64', [4], [-1, 1, 1, 1])]);
    const count = shape[0]! * channels * height * width;
    const all = b.op('Conv', [image, b.constant('float', [count, 1, 1, 1], normal(count, seed))]);
    return b.op('Reshape', [all, b.constant('int64', [4], shape)]);
  }
  const count = shape.reduce((a, c) => a * c, 1);
  const all = b.op('MatMul', ['x', b.constant('float', [1, count], normal(count, seed))]);
  return b.op('Reshape', [all, b.constant('int64', [shape.length], shape)]);
}

function surrounded({ type, domain, quantize: rule }: Operator, sample: Sample): Model {
  const computes = !isNone(rule) && rule.kind === 'compute' && type !== 'Clip';
  const model = modelOf(
    { x: [1, 1] },
    (b) => {
      const inputs = sample.inputs.map((input, index) => {
        if (!input) return '';
        const isData = input.type === 'float' && !input.constant && (index === 0 || computes);
        return isData
          ? integerValue(b, input.shape, index + 1)
          : b.constant(input.type, input.shape, input.values as readonly number[]);
      });
      const y = b.op(type, inputs, Object.fromEntries(sample.attributes ?? []), { domain, name: 'probe' });
      return b.op('MatMul', [b.op('Flatten', [y], { axis: int(0) }), 'last'], {}, { name: 'result' });
    },
    sample.opset ?? sampleOpset(domain),
  );
  const flat = model.graph.producer('result')!.inputs[0]!;
  const count = shapeOf(inferShapes(model).types.get(flat))![1] as number;
  model.graph.setInitializer(tensor('last', 'float', [count, 2], normal(count * 2, 9)));
  return model;
}

/** What may stand around the integer kernels: the quantizer of the input, moves, and layouts. */
const integer =
  /^(QLinear\w+|MatMulInteger\w*|QuantizeLinear|Reshape|Flatten|Expand|Gather(Elements)?|MaxPool|Resize|Slice|Split|Squeeze|Unsqueeze|Tile|Transpose|DepthToSpace|Identity|Upsample)$/;

test.each(cases)('$name', async ({ operator, sample }) => {
  const model = surrounded(operator, sample);
  const { model: result } = await applyStep(
    quantize,
    model,
    { samples: 8 },
    {},
    { train: randomData([1], 8) },
  );
  const fused = await fusedOperators(result);
  expect(fused.filter((op) => !integer.test(op))).toEqual([]);
});
