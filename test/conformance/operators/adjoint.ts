import { growingShapes } from '../../../server/src/analysis/shapes.ts';
import { createBuilder } from '../../../server/src/ir/builder.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { type TensorType, tensorType, type ValueType } from '../../../server/src/ir/value-type.ts';
import { isNone, type Operator, readAttributes, type Sample } from '../../../server/src/ops/define.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { inputName, outputName, runOnce, sampleModel } from './sample-model.ts';

type Arrays = Readonly<Record<string, NdArray>>;

/** The inputs and outputs of a sample that gradients are asked of. */
interface Ends {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

function endsOf(operator: Operator, sample: Sample, results: Arrays): Ends {
  const { inputs, outputs } = operator.differentiable;
  return {
    inputs: sample.inputs.flatMap((input, index) =>
      input?.type === 'float' && !input.constant && (inputs?.includes(index) ?? true) ? [index] : [],
    ),
    outputs: Object.keys(results).flatMap((_, index) =>
      results[outputName(index)]?.type === 'float' && (outputs?.includes(index) ?? true) ? [index] : [],
    ),
  };
}

/** Numbers without pattern that are the same in every run, none of them near zero. */
const noise = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const value = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    const fraction = value - Math.floor(value);
    return fraction < 0.5 ? -0.4 - fraction : fraction;
  });

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
};
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/**
 * What is wrong with an operator's gradient on a sample: `<dY, J v> = <J^T dY, v>` for random dY and v, with J v by central
 * differences of onnxruntime's own forward run, and J^T dY by running the nodes that the rule writes. With `batch` the rule
 * sees the first dimension of input 0 as a symbol.
 */
export async function gradientProblems(
  operator: Operator,
  sample: Sample,
  batch: boolean,
): Promise<readonly string[]> {
  if (isNone(operator.gradient)) return [];
  const { model, feeds } = sampleModel(operator, sample);
  const forward = await ortRunner.open(model, { optimization: 'disabled', threads: 1 });
  try {
    const results = await forward.run(feeds);
    const ends = endsOf(operator, sample, results);
    if (ends.inputs.length === 0 || ends.outputs.length === 0) return [];
    const dy = Object.fromEntries(
      ends.outputs.map((index) => {
        const { data, dims } = results[outputName(index)]!;
        return [index, { type: 'float', dims, data: noise(data.length, index + 7) } satisfies NdArray];
      }),
    );
    const gradients = await backward(operator, sample, ends, dy, batch);
    const problems: string[] = [];
    for (const index of ends.inputs) {
      const input = feeds[inputName(index)]!;
      const gradient = reduceTo(gradients[index], input.dims);
      if (typeof gradient === 'string') {
        problems.push(`input ${index}: ${gradient}`);
        continue;
      }
      const direction = noise(input.data.length, index + 3);
      const found = dot(gradient, direction);
      const scale = Math.max(1e-2, ...ends.outputs.map((output) => norm(dy[output]!.data as Float32Array)));
      let best = Number.POSITIVE_INFINITY;
      let expected = Number.NaN;
      let size = 1;
      for (const step of [2 ** -5, 2 ** -8, 2 ** -11]) {
        const { slope, length } = await differences(forward, feeds, index, direction, step, dy);
        if (Math.abs(slope - found) < best || Number.isNaN(expected)) {
          best = Math.abs(slope - found);
          expected = slope;
          size = length;
        }
      }
      if (!(best <= 1e-3 * scale * Math.max(1e-2, size)))
        problems.push(`input ${index}: <J^T dY, v> is ${found}, but <dY, J v> is ${expected}`);
    }
    return problems;
  } finally {
    await forward.close();
  }
}

/** <dY, J v> and |J v|, by a central difference of fourth order. */
async function differences(
  session: { readonly run: (feeds: Arrays) => Promise<Arrays> },
  feeds: Arrays,
  index: number,
  direction: Float32Array,
  step: number,
  dy: Readonly<Record<number, NdArray>>,
): Promise<{ readonly slope: number; readonly length: number }> {
  const name = inputName(index);
  const input = feeds[name]!;
  const at = async (factor: number) => {
    const data = Float32Array.from(
      input.data as Float32Array,
      (value, i) => value + factor * step * direction[i]!,
    );
    return session.run({ ...feeds, [name]: { ...input, data } });
  };
  const points = [await at(-2), await at(-1), await at(1), await at(2)];
  let [slope, square] = [0, 0];
  for (const [output, gradient] of Object.entries(dy)) {
    const values = points.map((point) => point[outputName(Number(output))]!.data as Float32Array);
    const derivative = Float64Array.from(
      values[0]!,
      (_, i) => (values[0]![i]! - 8 * values[1]![i]! + 8 * values[2]![i]! - values[3]![i]!) / (12 * step),
    );
    slope += dot(gradient.data as Float32Array, derivative);
    square += dot(derivative, derivative);
  }
  return { slope, length: Math.sqrt(square) };
}

/** Runs the forward node with the backward nodes behind it; gives the gradients by input. */
async function backward(
  operator: Operator,
  sample: Sample,
  ends: Ends,
  dy: Readonly<Record<number, NdArray>>,
  batch: boolean,
): Promise<Readonly<Record<number, NdArray | undefined>>> {
  const { model, graph, node, feeds } = sampleModel(operator, sample);
  const shapes = growingShapes(model, batch ? symbolicBatch(sample) : new Map());
  graph.outputs.length = 0;
  const gradientFeeds: Record<string, NdArray> = {};
  const flows = node.outputs.map((_, index) => {
    const gradient = dy[index];
    if (!gradient) return undefined;
    const name = `d_out${index}`;
    graph.inputs.push({ name, type: tensorType('float') });
    gradientFeeds[name] = gradient;
    return name;
  });
  if (isNone(operator.gradient)) return {};
  const gradients = operator.gradient({
    build: createBuilder(graph),
    inputs: node.inputs,
    outputs: node.outputs,
    types: (value) => asTensor(shapes.types.get(value), value),
    attributes: readAttributes(operator.attributes, node.attributes),
    dy: flows,
    wants: (input) => ends.inputs.includes(input),
  });
  const named = ends.inputs.flatMap((index) => {
    const value = gradients[index];
    return value === undefined ? [] : [{ index, name: graph.isInput(value) ? pass(value) : value }];
  });
  /** A graph input cannot be an output too. */
  function pass(value: string): string {
    return createBuilder(graph).op('Identity', [value]);
  }
  if (named.length === 0) return {};
  graph.outputs.push(...[...new Set(named.map(({ name }) => name))].map((name) => ({ name })));
  const used = graph.inputs.filter(({ name }) => graph.consumers(name).length > 0 || name in feeds);
  graph.inputs.splice(0, graph.inputs.length, ...used);
  const all: Record<string, NdArray> = { ...feeds, ...gradientFeeds };
  const results = await runOnce(model, Object.fromEntries(used.map(({ name }) => [name, all[name]!])));
  return Object.fromEntries(named.map(({ index, name }) => [index, results[name]]));
}

/** The type of input 0 with its batch as the symbol N. */
export function symbolicBatch({ inputs: [first], batchAxis = 0 }: Sample): ReadonlyMap<string, ValueType> {
  const shape = first!.shape.map((dim, axis) => (axis === batchAxis ? 'N' : dim));
  return new Map([[inputName(0), tensorType(first!.type, shape)]]);
}

function asTensor(type: ValueType | undefined, value: string): TensorType {
  if (type?.kind === 'tensor') return type;
  throw new Error(`the type of '${value}' is not known`);
}

/** Sums a gradient over the axes along which its input was broadcast; says what is wrong when it has another shape. */
function reduceTo(gradient: NdArray | undefined, dims: readonly number[]): Float64Array | string {
  const size = dims.reduce((a, b) => a * b, 1);
  const total = new Float64Array(size);
  if (!gradient) return total;
  const shift = gradient.dims.length - dims.length;
  const fits = shift >= 0 && dims.every((dim, axis) => dim === 1 || dim === gradient.dims[axis + shift]);
  if (!fits || gradient.type !== 'float')
    return `the gradient is ${gradient.type}[${gradient.dims}] and the input float[${dims}]`;
  const data = gradient.data as Float32Array;
  for (let at = 0; at < data.length; at++) {
    let [rest, target, stride] = [at, 0, 1];
    for (let axis = gradient.dims.length - 1; axis >= 0; axis--) {
      const index = rest % gradient.dims[axis]!;
      rest = Math.floor(rest / gradient.dims[axis]!);
      if (axis < shift) continue;
      const dim = dims[axis - shift]!;
      if (dim > 1) target += index * stride;
      stride *= dim;
    }
    total[target]! += data[at]!;
  }
  return total;
}
