import type { Node } from '../../ir/node.ts';
import { numbers, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';

/** Places of the initial states among the inputs: hidden, and the cells of an LSTM. */
const states: Readonly<Record<string, readonly number[]>> = { LSTM: [5, 6], GRU: [5], RNN: [5] };
/** Nodes that only change the shape of zeros, or take some of them. */
const carriers: ReadonlySet<string> = new Set([
  ...['Expand', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose', 'Slice', 'Identity', 'Tile'],
]);
/** A state comes by few nodes from where it is made. */
const longestWay = 8;

/** LSTM(x, ..., initial_h = zeros) -> LSTM(x, ...): a state that is left out is zeros (ONNX, LSTM). */
export const zeroState = patternRule({
  name: 'zero-state',
  summary:
    'Initial states of zeros are left out of LSTM, GRU and RNN: that is where they start by themselves.',
  patterns: ['LSTM|GRU|RNN(x, ...)'],
  check: (match) => (zeroStates(match).length > 0 ? undefined : 'no initial state is known to be zeros'),
  rewrite: (match) => {
    const { root, graph } = match;
    const zeros = new Set(zeroStates(match));
    const inputs = root.inputs.map((input, place) => (zeros.has(place) ? '' : input));
    while (inputs.at(-1) === '') inputs.pop();
    graph.update(root, { inputs });
    return root.outputs;
  },
});

const zeroStates = (match: Match): readonly number[] =>
  states[match.root.opType]!.filter((place) => {
    const state = match.root.inputs[place] ?? '';
    return state !== '' && isZeros(match, state, longestWay);
  });

function isZeros(match: Match, value: string, steps: number): boolean {
  const { graph } = match;
  const constant = graph.constant(value);
  if (constant) return sizeOf(constant) > 0 && sizeOf(constant) <= 2 ** 19 && numbers(constant).every(isZero);
  const producer = graph.producer(value);
  if (producer?.domain !== '' || steps === 0) return false;
  if (producer.opType === 'ConstantOfShape') return fillsWithZeros(producer);
  return carriers.has(producer.opType) && isZeros(match, producer.inputs[0] ?? '', steps - 1);
}

/** ConstantOfShape fills with zeros unless it is told otherwise. */
function fillsWithZeros(node: Node): boolean {
  const value = node.attributes.get('value');
  return value === undefined || (value.kind === 'tensor' && numbers(value.value).every(isZero));
}

const isZero = (value: number): boolean => value === 0;
