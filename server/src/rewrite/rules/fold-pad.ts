import { int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import { numbers, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf, intsOf, textOf } from './shared/attributes.ts';

/**
 * Conv(Pad(x, p), W) -> Conv(x, W) with pads increased by p; AveragePool too, where it counts its padding, and MaxPool, where
 * no element is below the zeros.
 */
export const foldPad = patternRule({
  name: 'fold-pad',
  summary: 'A Pad with zeros moves into the padding of the Conv, AveragePool or MaxPool behind it.',
  patterns: ['Conv(pad:Pad(x, ...), ...)', 'AveragePool|MaxPool(pad:Pad(x, ...))'],
  check: (match) => {
    const { root, node } = match;
    const pad = node('pad');
    if (textOf(pad, 'mode', 'constant') !== 'constant') return `it pads in mode '${textOf(pad, 'mode', '')}'`;
    if (!isZero(match, pad)) return 'it may pad with another value than zero';
    if (!['NOTSET', 'VALID'].includes(textOf(root, 'auto_pad', 'NOTSET')))
      return 'the padding of the layer is automatic';
    const added = padsOf(match);
    if (!added) return 'its pads are not known';
    if (added.some((count) => count < 0)) return 'it cuts';
    if (added.slice(0, 2).some(Boolean) || added.slice(added.length / 2, added.length / 2 + 2).some(Boolean))
      return 'it pads the batch or the channels';
    if (root.opType === 'MaxPool') return maxPoolRefusal(match, added);
    if (root.opType === 'AveragePool') {
      if (intOf(root, 'ceil_mode', 0) !== 0) return 'the pooling rounds its size up';
      if (intOf(root, 'count_include_pad', 0) === 0 && intsOf(root, 'pads')?.some(Boolean))
        return 'the pooling does not count its own padding';
    }
    return undefined;
  },
  rewrite: (match) => {
    const { root, graph, value } = match;
    const added = padsOf(match)!;
    const rank = added.length / 2;
    const spatial = [...added.slice(2, rank), ...added.slice(rank + 2)];
    const before = intsOf(root, 'pads') ?? spatial.map(() => 0);
    const attributes = new Map(root.attributes);
    attributes.delete('auto_pad');
    attributes.set('pads', ints(spatial.map((count, i) => count + before[i]!)));
    if (root.opType === 'AveragePool') attributes.set('count_include_pad', int(1));
    graph.update(root, { inputs: root.inputs.map((input, i) => (i === 0 ? value('x') : input)), attributes });
    return root.outputs;
  },
});

/** Operators whose results are never negative. */
const nonNegative: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'HardSigmoid', 'Softmax', 'Abs']);

/** Padding of MaxPool counts as less than everything: the same as zeros where a window has an element, and none is negative. */
function maxPoolRefusal({ root, graph, value }: Match, added: readonly number[]): string | undefined {
  const producer = graph.producer(value('x'));
  if (producer?.domain !== '' || !nonNegative.has(producer.opType))
    return 'its input may be negative, so that zeros differ from the padding of MaxPool';
  if (root.outputs.length > 1) return 'the places of the maxima are read';
  // Windows that move by one leave nothing to round.
  if (intOf(root, 'ceil_mode', 0) !== 0 && intsOf(root, 'strides')?.some((stride) => stride !== 1))
    return 'the pooling rounds its size up';
  const kernel = intsOf(root, 'kernel_shape') ?? [];
  const before = intsOf(root, 'pads') ?? kernel.flatMap(() => [0, 0]);
  const rank = added.length / 2;
  const total = [...added.slice(2, rank), ...added.slice(rank + 2)].map((count, i) => count + before[i]!);
  return total.every((count, i) => count < kernel[i % kernel.length]!)
    ? undefined
    : 'a window would hold padding alone';
}

function isZero({ graph }: Match, pad: Node): boolean {
  const attribute = pad.attributes.get('value');
  if (attribute?.kind === 'float') return attribute.value === 0;
  if (!pad.inputs[2]) return true;
  const value = graph.constant(pad.inputs[2]);
  return value !== undefined && Number(numbers(value)[0]) === 0;
}

/** Begin of every axis, then end of every axis; undefined where it is computed. */
function padsOf({ graph, node, shape }: Match): readonly number[] | undefined {
  const pad = node('pad');
  const given = intsOf(pad, 'pads') ?? constantInts(graph.constant(pad.inputs[1] ?? ''));
  const rank = shape('x')?.length;
  if (!given || rank === undefined || !pad.inputs[3]) return given;
  const axes = constantInts(graph.constant(pad.inputs[3]));
  if (!axes) return undefined;
  const all = new Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    all[(axis + rank) % rank] = given[i]!;
    all[rank + ((axis + rank) % rank)] = given[axes.length + i]!;
  }
  return all;
}

const constantInts = (constant: ReturnType<Match['graph']['constant']>): readonly number[] | undefined =>
  constant && sizeOf(constant) <= 64 ? numbers(constant) : undefined;
