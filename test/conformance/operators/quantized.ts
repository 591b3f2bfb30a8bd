import { int } from '../../../server/src/ir/attribute.ts';
import { createBuilder } from '../../../server/src/ir/builder.ts';
import { createModel } from '../../../server/src/ir/create-model.ts';
import { Graph } from '../../../server/src/ir/graph.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { createNode } from '../../../server/src/ir/node.ts';
import { tensorType } from '../../../server/src/ir/value-type.ts';
import {
  isNone,
  type Operator,
  readAttributes,
  type Sample,
  sampleOpset,
} from '../../../server/src/ops/define.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { inputName, outputName, runOnce, sampleModel } from './sample-model.ts';

const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
};

/** The step of -127..127 over a range; 1 where all is zero. */
const step = (values: ArrayLike<number>): number => largest(values) / 127 || 1;

/** Scales that bring each slice of an axis, or all of the tensor, into -127..127. */
function scalesOf({ data, dims }: NdArray, axis: number | undefined): readonly number[] {
  if (axis === undefined) return [step(data as Float32Array)];
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return Array.from({ length: dims[axis]! }, (_, channel) => {
    const own = (data as Float32Array).filter((_, at) => Math.floor(at / inner) % dims[axis]! === channel);
    return step(own);
  });
}

/**
 * What is wrong with an operator's quantization rule on a sample: the node between QuantizeLinear and DequantizeLinear, in the
 * way that the rule states, must run in onnxruntime and stay near the float result.
 */
export async function quantizationProblems(operator: Operator, sample: Sample): Promise<readonly string[]> {
  const rule = operator.quantize;
  if (isNone(rule) || operator.domain !== '' || (sample.opset ?? sampleOpset('')) < 13) return [];
  const attributes = readAttributes(operator.attributes, sample.attributes ?? new Map());
  if (rule.kind !== 'weighted' && rule.unless?.(attributes) !== undefined) return [];
  const plain = sampleModel(operator, sample);
  const results = await runOnce(plain.model, plain.feeds);
  const expected = results[outputName(0)]!;
  if (expected.type !== 'float' || expected.data.length === 0) return [];
  const graph = new Graph('quantized');
  const build = createBuilder(graph);
  const floats = sample.inputs.flatMap((input, index) =>
    input?.type === 'float' && !input.constant && index !== weighted(rule)?.bias ? [index] : [],
  );
  // What shares its scale must fit it as a whole.
  const common = largest(floats.map((index) => largest(plain.feeds[inputName(index)]!.data as Float32Array)));
  const pair = (value: string, list: readonly number[], axis: number | undefined) => {
    const scale = build.constant('float', axis === undefined ? [] : [list.length], list);
    const zero = build.constant(
      'int8',
      axis === undefined ? [] : [list.length],
      list.map(() => 0),
    );
    const settings = axis === undefined ? {} : { axis: int(axis) };
    return build.op(
      'DequantizeLinear',
      [build.op('QuantizeLinear', [value, scale, zero], settings), scale, zero],
      settings,
    );
  };
  const names = sample.inputs.map((input, index) => {
    if (!input) return '';
    const name = inputName(index);
    const constant = plain.graph.initializers.get(name);
    if (constant) return build.tensor(constant);
    graph.inputs.push({ name, type: tensorType(input.type, input.shape) });
    if (!floats.includes(index)) return name;
    const axis = rule.kind === 'weighted' && index === rule.weight ? rule.axis(attributes) : undefined;
    const along = axis === undefined || axis >= 0 ? axis : axis + input.shape.length;
    // onnxruntime has scales by channel for matrices, not for stacks of them.
    const channel = operator.type !== 'MatMul' || input.shape.length === 2 ? along : undefined;
    if (channel !== undefined && !(channel < input.shape.length))
      throw new Error(`weights have no axis ${axis}`);
    const list = rule.kind === 'transparent' ? [common / 127] : scalesOf(plain.feeds[name]!, channel);
    return pair(name, list, channel);
  });
  const outputs = Array.from({ length: sample.outputs ?? 1 }, (_, index) => `raw${index}`);
  graph.add([createNode(operator.type, names, outputs, { attributes: plain.node.attributes })]);
  const output = rule.kind === 'transparent' ? [common / 127] : scalesOf(expected, undefined);
  graph.outputs.push({ name: pair(outputs[0]!, output, undefined) });
  const session = await ortRunner.open(createModel(graph, sample.opset ?? sampleOpset('')), { threads: 1 });
  try {
    const found = Object.values(await session.run(plain.feeds))[0]!;
    const [a, b] = [expected.data as Float32Array, found.data as Float32Array];
    const worst = largest(Float32Array.from(a, (value, i) => value - b[i]!));
    // Each factor is off by at most half a step of its range, however much of the sum cancels out.
    const range = Math.max(largest(a), await sizeOfTerms(operator, sample));
    const allowed = (2 / 127) * range + output[0]!;
    return worst <= allowed ? [] : [`off by ${worst}, more than ${allowed}`];
  } finally {
    await session.close();
  }
}

const weighted = (rule: Operator['quantize']) =>
  !isNone(rule) && rule.kind === 'weighted' ? rule : undefined;

/** The largest sum of absolute terms: the result for inputs without their signs. */
async function sizeOfTerms(operator: Operator, sample: Sample): Promise<number> {
  const inputs = sample.inputs.map(
    (input) =>
      input &&
      (input.type === 'float'
        ? { ...input, values: Array.from(input.values as Float32Array, Math.abs) }
        : input),
  );
  const { model, feeds } = sampleModel(operator, { ...sample, inputs });
  return largest((await runOnce(model, feeds))[outputName(0)]!.data as Float32Array);
}
