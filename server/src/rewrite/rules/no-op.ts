import { dataTypeOf } from '../../ir/data-type.ts';
import { sameDim } from '../../ir/dim.ts';
import type { Node } from '../../ir/node.ts';
import { numbers, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf, intsOf } from './shared/attributes.ts';

/** Why a node is no mere copy of its first input; undefined when it is one. */
type CopyCheck = (match: Match) => string | undefined;

/** Nodes that only hand on their first input are removed. */
export const noOp = patternRule({
  name: 'no-op',
  summary:
    'Nodes that hand on their input unchanged are removed: Identity, Dropout, Cast to the same type ...',
  patterns: [
    'Identity(x)',
    'Dropout(x, ...)',
    'Cast(x)',
    'Transpose(x)',
    'Reshape|Expand|Tile|Pad|Slice(x, ...)',
    'Flatten(x)',
    'Squeeze|Unsqueeze(x, ...)',
    // Not Sum: quantization puts a Sum of one value where a layer must stay in float.
    'Concat|Mean|Max|Min(x)',
    'Add(x, 0)',
    'Sub(x, 0)',
    'Mul(x, 1)',
    'Div(x, 1)',
    'Pow(x, 1)',
  ],
  check: (match) => {
    const { root, graph } = match;
    const input = match.value('x');
    if (graph.isOutput(root.outputs[0]!) && (!graph.producer(input) || graph.isOutput(input)))
      return 'an output of the graph needs a node of its own';
    return copies[root.opType]?.(match);
  },
  rewrite: ({ value }) => value('x'),
});

const sameShape: CopyCheck = ({ root, context, value }) => {
  const [before, after] = [context.shape(value('x')), context.shape(root.outputs[0]!)];
  if (!before || !after) return 'a shape is not known';
  return before.length === after.length && before.every((dim, axis) => sameDim(dim, after[axis]!))
    ? undefined
    : 'it changes the shape';
};

const constantInts = ({ graph }: Match, node: Node, index: number): readonly number[] | undefined => {
  const constant = graph.constant(node.inputs[index] ?? '');
  return constant && sizeOf(constant) <= 64 ? numbers(constant) : undefined;
};

const copies: Readonly<Record<string, CopyCheck>> = {
  Dropout: ({ root, graph }) => {
    if (root.outputs.slice(1).some((output) => output !== '' && graph.consumers(output).length > 0))
      return 'its mask is read';
    const training = root.inputs[2] ? graph.constant(root.inputs[2]) : undefined;
    if (!root.inputs[2]) return undefined;
    return training && Number(numbers(training)[0]) === 0 ? undefined : 'it may be in training mode';
  },
  Cast: ({ root, type }) => {
    const from = type('x')?.type;
    const to = dataTypeOf(intOf(root, 'to', 0));
    if (!from) return "its input's type is not known";
    return from === to ? undefined : 'it changes the type';
  },
  Transpose: ({ root }) => {
    const permutation = intsOf(root, 'perm');
    return permutation?.every((from, to) => from === to) ? undefined : 'it moves axes';
  },
  Reshape: sameShape,
  Expand: sameShape,
  Flatten: sameShape,
  Squeeze: sameShape,
  Unsqueeze: sameShape,
  Tile: (match) =>
    constantInts(match, match.root, 1)?.every((times) => times === 1) ? undefined : 'it may repeat',
  Pad: (match) => {
    const pads = intsOf(match.root, 'pads') ?? constantInts(match, match.root, 1);
    return pads?.every((pad) => pad === 0) ? undefined : 'it may pad';
  },
  // Same shape is not enough: a negative step turns an axis round.
  Slice: (match) => {
    const steps = match.root.inputs[4] ? constantInts(match, match.root, 4) : [1];
    if (!steps?.every((step) => step === 1)) return 'its steps may not be 1';
    return sameShape(match);
  },
  Add: keepsShape,
  Sub: keepsShape,
  Mul: keepsShape,
  Div: keepsShape,
  Pow: keepsShape,
};

/** The constant must not broadcast the other operand to a larger shape. */
function keepsShape({ graph, root, context, value }: Match): string | undefined {
  const constant = graph.constant(root.inputs.find((input) => input !== value('x')) ?? '');
  const shape = context.shape(value('x'));
  if (!constant || !shape) return constant?.dims.length === 0 ? undefined : 'a shape is not known';
  const start = shape.length - constant.dims.length;
  return start >= 0 && constant.dims.every((dim, axis) => dim === 1 || sameDim(dim, shape[start + axis]!))
    ? undefined
    : 'it changes the shape';
}
