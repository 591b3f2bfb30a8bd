import { int } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { Shape } from '../../ir/dim.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { channelwise, fromBlocks, isBlocked, named, toBlocks } from './blocks.ts';
import type { Lowering } from './lowering.ts';

/*
 * Batch normalization on blocks of channels: a channel's factor and summand are a convolution of that channel alone, and its
 * sums are a pool, which take one pass over the values each, on all threads.
 */

/** Whether images have whole blocks of channels, and a size that is known. */
export const fitsBlocks = (shape: Shape | undefined, block: number): boolean =>
  shape?.length === 4 &&
  shape.slice(1).every((dim) => typeof dim === 'number') &&
  (shape[1] as number) % block === 0;

/** The gradient, as `batchNormalizationGradient` has it. */
export const blockedNormalizationGradient =
  (block: number): Lowering =>
  ({ build, inputs, outputs, types, attributes, dy: [dy], wants }) => {
    const [, mean, variance] = outputs;
    if (!dy || attributes.training_mode !== 1 || attributes.momentum !== 0 || !mean || !variance)
      return undefined;
    const [x, scale] = inputs as readonly [string, string];
    const shape = types(x).shape;
    if (!fitsBlocks(shape, block)) return undefined;
    const channels = shape![1] as number;
    const mul = (a: string, b: string) => build.op('Mul', [a, b]);
    const neg = (value: string) => build.op('Neg', [value]);
    const inverse = inverseDeviation(build, variance, attributes.epsilon as number);
    const incoming = toBlocks(build, dy);
    const elements = elementsOf(build, incoming, shape!);
    const centre = centred(build, x, mean, channels);
    const meanGradient = channelMeans(build, incoming);
    const meanProduct = channelMeans(build, mul(incoming, centre));
    const dBias = mul(meanGradient, elements);
    const dScale = mul(inverse, mul(meanProduct, elements));
    if (!wants(0)) return [undefined, dScale, dBias];
    const gain = mul(scale, inverse);
    const slope = mul(mul(gain, mul(inverse, inverse)), meanProduct);
    const along = channelwise(build, centre, channels, {
      factor: neg(slope),
      summand: neg(mul(gain, meanGradient)),
    });
    const dX = channelwise(build, incoming, channels, { factor: gain, add: along });
    return [fromBlocks(build, dX, channels, 'dX'), dScale, dBias];
  };

/**
 * Puts every batch normalization in training mode whose input is in blocks on blocks, with the residual and the Relu behind
 * it where nothing else reads what lies between.
 */
export function blockNormalizations(
  graph: Graph,
  types: ReadonlyMap<string, ValueType>,
  block: number,
): void {
  for (const node of [...graph.nodes]) {
    if (node.domain !== '' || node.opType !== 'BatchNormalization' || node.outputs.length < 3) continue;
    const shape = shapeOf(types.get(node.inputs[0]!));
    if (isBlocked(graph, node.inputs[0]!) && fitsBlocks(shape, block))
      blockNormalization(graph, node, shape![1] as number, types);
  }
}

function blockNormalization(
  graph: Graph,
  node: Node,
  channels: number,
  types: ReadonlyMap<string, ValueType>,
): void {
  const [x, scale, bias] = node.inputs as readonly [string, string, string];
  const [y, mean, variance] = node.outputs as readonly [string, string, string];
  const epsilon = node.attributes.get('epsilon');
  const behind = followers(graph, y, types);
  const build = createBuilder(graph, node, `${y}.`);
  const batchMean = channelMeans(build, toBlocks(build, x));
  const centre = centred(build, x, mean, channels);
  const batchVariance = channelMeans(build, build.op('Mul', [centre, centre]));
  const inverse = inverseDeviation(build, variance, epsilon?.kind === 'float' ? epsilon.value : 1e-5);
  const result = channelwise(build, centre, channels, {
    factor: build.op('Mul', [scale, inverse]),
    summand: bias,
    ...(behind.add === undefined ? {} : { add: toBlocks(build, behind.add) }),
    ...(behind.relu ? { activation: 'Relu' } : {}),
  });
  const whole = fromBlocks(build, result, channels);
  graph.remove([node, ...behind.nodes]);
  named(graph, batchMean, mean);
  named(graph, batchVariance, variance);
  named(graph, whole, behind.output);
}

interface Followers {
  readonly nodes: readonly Node[];
  readonly output: string;
  readonly add: string | undefined;
  readonly relu: boolean;
}

/** An Add of an image of the same size, and a Relu, that alone read what is before them. */
function followers(graph: Graph, y: string, types: ReadonlyMap<string, ValueType>): Followers {
  const nodes: Node[] = [];
  let output = y;
  let add: string | undefined;
  const next = graph.soleConsumer(output);
  if (next?.domain === '' && next.opType === 'Add') {
    const other = next.inputs.find((input) => input !== y)!;
    if (`${shapeOf(types.get(other))}` === `${shapeOf(types.get(y))}`) {
      nodes.push(next);
      add = other;
      output = next.outputs[0]!;
    }
  }
  const last = graph.soleConsumer(output);
  const relu = last?.domain === '' && last.opType === 'Relu';
  if (relu) {
    nodes.push(last);
    output = last.outputs[0]!;
  }
  return { nodes, output, add, relu };
}

/** The mean of every channel of images in blocks: [C]. */
const channelMeans = (build: Builder, value: string): string =>
  build.op(
    'ReduceMean',
    [build.op('GlobalAveragePool', [value], {}, { domain: blockedDomain }), intList(build, [0, 2, 3])],
    { keepdims: int(0) },
  );

/** x - mean in blocks: one that exists already, where it does. */
function centred(build: Builder, x: string, mean: string, channels: number): string {
  const image = toBlocks(build, x);
  const known = build.graph.consumers(image).find(({ inputs }) => {
    const shift = build.graph.producer(inputs[2] ?? '');
    return shift?.opType === 'Neg' && shift.inputs[0] === mean;
  });
  return known?.outputs[0] ?? channelwise(build, image, channels, { summand: build.op('Neg', [mean]) });
}

/** Elements of a channel, in the whole batch. */
function elementsOf(build: Builder, image: string, [batch, channels, height, width]: Shape): string {
  const known = [batch, height, width].every((dim) => typeof dim === 'number');
  if (known) return build.constant('float', [], [(batch as number) * (height as number) * (width as number)]);
  const size = build.op('Cast', [build.op('Size', [image])], { to: int(1) });
  return build.op('Div', [size, build.constant('float', [], [channels as number])]);
}

const inverseDeviation = (build: Builder, variance: string, epsilon: number): string =>
  build.op('Reciprocal', [
    build.op('Sqrt', [build.op('Add', [variance, build.constant('float', [], [epsilon])])]),
  ]);
