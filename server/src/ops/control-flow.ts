import { type Attribute, int } from '../ir/attribute.ts';
import { type Dim, unknownDim } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { body, node } from './shared/bodies.ts';
import { waveInput } from './shared/elementwise.ts';
import { intInput, scalarInput } from './shared/samples.ts';
import { sameType, unify } from './shared/unify.ts';

/** The cost of bodies is counted node by node, where they stand. */
const aspects = {
  cost: free,
  gradient: { none: 'training wants a graph without branches and loops' },
  channels: { none: 'channels are not followed into bodies' },
  quantize: { none: 'the nodes of its bodies are quantized, not the operator' },
} as const;

type Types = readonly (ValueType | undefined)[];

export const ifOperator = defineOp({
  type: 'If',
  summary: 'Runs one of two bodies, which read values of the graphs around them.',
  inputs: ['cond'],
  outputs: ['outputs*'],
  attributes: {
    then_branch: attribute.graph('The body for true.'),
    else_branch: attribute.graph('The body for false.'),
  },
  infer: ({ attributes, inferBody, ints, outputCount }) => {
    const run = (branch: Graph | undefined) => (branch ? inferBody(branch, []) : []);
    const [then, otherwise] = [run(attributes.then_branch), run(attributes.else_branch)];
    const known = ints(0)?.[0];
    return Array.from({ length: outputCount }, (_, i) =>
      typeof known === 'number' ? (known !== 0 ? then : otherwise)[i] : unify(then[i], otherwise[i]),
    );
  },
  ...aspects,
  samples: [
    {
      name: 'shapes that differ',
      inputs: [scalarInput(1, 'bool')],
      attributes: new Map<string, Attribute>([
        ['then_branch', branch([2, 3])],
        ['else_branch', branch([2, 5])],
      ]),
    },
  ],
});

function branch(shape: readonly number[]): Attribute {
  const size = shape.reduce((a, b) => a * b, 1);
  const value = { kind: 'floats', value: Array.from({ length: size }, (_, i) => i) } as const;
  const nodes = [
    node('Constant', [], ['flat'], { attributes: { value_floats: value } }),
    node('Constant', [], ['shape'], { attributes: { value_ints: { kind: 'ints', value: shape } } }),
    node('Reshape', ['flat', 'shape'], ['result']),
  ];
  return { kind: 'graph', value: body([], nodes, [{ name: 'result', type: tensorType('float', shape) }]) };
}

/** Most rounds until the types of loop-carried values stay: each round makes one of them less precise. */
const mostRounds = 8;

/**
 * Types of carried values that hold before and after every round of a body: sizes that change become unknown. Returns them
 * with the body's output types.
 */
function settle(
  start: Types,
  run: (carried: Types) => { readonly carried: Types; readonly rest: Types },
): { readonly carried: Types; readonly rest: Types } {
  let carried = start;
  for (let round = 0; ; round++) {
    const result = run(carried);
    const met = carried.map((type, i) => unify(type, result.carried[i]));
    if (met.every((type, i) => sameType(type, carried[i]))) return { carried, rest: result.rest };
    // A body that goes on changing gets values of which nothing is known.
    carried = round < mostRounds ? met : met.map(() => undefined);
  }
}

export const loop = defineOp({
  type: 'Loop',
  summary: 'Runs a body up to M times, or while its condition holds; values go round, others are collected.',
  inputs: ['M?', 'cond?', 'v_initial*'],
  outputs: ['v_final_and_scan_outputs*'],
  attributes: {
    body: attribute.graph('Iteration, condition, carried values -> condition, carried values, outputs.'),
  },
  infer: ({ inputs, attributes, inferBody, ints, given, outputCount }) => {
    const { body: graph } = attributes;
    if (!graph) return [];
    const start = inputs.slice(2);
    const { carried, rest } = settle(start, (values) => {
      const outputs = inferBody(graph, [tensorType('int64', []), tensorType('bool', []), ...values]);
      return { carried: outputs.slice(1, 1 + start.length), rest: outputs.slice(1 + start.length) };
    });
    const count: Dim = runsToTheEnd(graph, given(1), ints(1)?.[0])
      ? (ints(0)?.[0] ?? unknownDim)
      : unknownDim;
    const collected = rest.map((type): ValueType | undefined => {
      if (type?.kind !== 'tensor') return undefined;
      return type.shape ? { ...type, shape: [count, ...type.shape] } : type;
    });
    return [...carried, ...collected].slice(0, outputCount);
  },
  ...aspects,
  samples: [
    {
      name: 'counted',
      inputs: [intInput(3), scalarInput(1, 'bool'), waveInput([2])],
      outputs: 2,
      attributes: new Map<string, Attribute>([
        [
          'body',
          {
            kind: 'graph',
            value: body(
              [
                { name: 'i', type: tensorType('int64', []) },
                { name: 'go', type: tensorType('bool', []) },
                { name: 'sum', type: tensorType('float', [2]) },
              ],
              [
                node('Identity', ['go'], ['go_on']),
                node('Identity', ['sum'], ['next']),
                node('Identity', ['sum'], ['seen']),
              ],
              [
                { name: 'go_on', type: tensorType('bool', []) },
                { name: 'next', type: tensorType('float', [2]) },
                { name: 'seen', type: tensorType('float', [2]) },
              ],
            ),
          },
        ],
      ]),
    },
    {
      name: 'growing',
      dataDependent: true,
      inputs: [intInput(3), undefined, waveInput([1])],
      attributes: new Map<string, Attribute>([
        [
          'body',
          {
            kind: 'graph',
            value: body(
              [
                { name: 'i', type: tensorType('int64', []) },
                { name: 'go', type: tensorType('bool', []) },
                { name: 'list', type: tensorType('float', [unknownDim]) },
              ],
              [
                node('Identity', ['go'], ['go_on']),
                node('Concat', ['list', 'list'], ['longer'], { attributes: { axis: int(0) } }),
              ],
              [
                { name: 'go_on', type: tensorType('bool', []) },
                { name: 'longer', type: tensorType('float', [unknownDim]) },
              ],
            ),
          },
        ],
      ]),
    },
  ],
});

/** True when a loop's condition never ends it: there is none, or it is true and only handed on. */
function runsToTheEnd(graph: Graph, hasCondition: boolean, condition: Dim | undefined): boolean {
  // Without a condition input the one that the body computes is ignored.
  if (!hasCondition) return true;
  if (typeof condition !== 'number' || condition === 0) return false;
  let name = graph.outputs[0]?.name ?? '';
  for (let producer = graph.producer(name); producer?.opType === 'Identity'; producer = graph.producer(name))
    name = producer.inputs[0] ?? '';
  return name !== '' && name === graph.inputs[1]?.name;
}

export const scan = defineOp({
  type: 'Scan',
  summary: 'Runs a body over the slices of sequences: states go round, outputs are stacked.',
  inputs: ['initial_state_and_scan_inputs*'],
  outputs: ['final_state_and_scan_outputs*'],
  attributes: {
    body: attribute.graph('States and slices -> states and output slices.'),
    num_scan_inputs: attribute.int('How many of the inputs are sequences.', 0),
    scan_input_axes: attribute.ints('The time axis of each sequence; 0 by default.'),
    scan_input_directions: attribute.ints('1: from the end of each sequence.'),
    scan_output_axes: attribute.ints('Where outputs are stacked; 0 by default.'),
    scan_output_directions: attribute.ints('1: from the end.'),
    directions: attribute.ints('Directions, in opset 8.'),
  },
  infer: (context) => {
    const { inputs, attributes, inferBody, opset, outputCount, fail } = context;
    const { body: graph, num_scan_inputs: scanned } = attributes;
    if (!graph) return [];
    // Opset 8 has sequence lengths in front and a batch axis everywhere.
    const old = opset < 9 ? 1 : 0;
    const values = inputs.slice(old);
    if (scanned > values.length) fail(`${scanned} sequences among ${values.length} inputs`);
    const start = values.slice(0, values.length - scanned).map((type) => dropAxes(type, old));
    const sequences = values.slice(values.length - scanned);
    let length: Dim = unknownDim;
    const slices = sequences.map((type, i) => {
      const shape = shapeOf(type);
      if (type?.kind !== 'tensor' || !shape) return type;
      const given = old ? 1 : (attributes.scan_input_axes?.[i] ?? 0);
      const axis = given < 0 ? given + shape.length : given;
      const size = shape[axis] ?? fail(`axis ${given} is outside of rank ${shape.length}`);
      if (typeof length === 'string' && size !== unknownDim) length = size;
      return tensorType(
        type.type,
        shape.filter((_, at) => at !== axis && !(old && at === 0)),
      );
    });
    const batch = old
      ? shapeOf(inputs.find((type) => type?.kind === 'tensor' && type.shape))?.[0]
      : undefined;
    const { carried, rest } = settle(start, (states) => {
      const outputs = inferBody(graph, [...states, ...slices]);
      return { carried: outputs.slice(0, start.length), rest: outputs.slice(start.length) };
    });
    const stacked = rest.map((type, i): ValueType | undefined => {
      if (type?.kind !== 'tensor') return undefined;
      if (!type.shape) return type;
      if (old) return tensorType(type.type, [batch ?? unknownDim, length, ...type.shape]);
      const given = attributes.scan_output_axes?.[i] ?? 0;
      const axis = given < 0 ? given + type.shape.length + 1 : given;
      return tensorType(type.type, [...type.shape.slice(0, axis), length, ...type.shape.slice(axis)]);
    });
    const states = carried.map((type) =>
      old && type?.kind === 'tensor' && type.shape
        ? tensorType(type.type, [batch ?? unknownDim, ...type.shape])
        : type,
    );
    return [...states, ...stacked].slice(0, outputCount);
  },
  ...aspects,
  samples: [
    {
      name: 'running sum',
      noBatch: 'its body is written for two elements',
      inputs: [waveInput([2]), waveInput([4, 2])],
      outputs: 2,
      attributes: new Map<string, Attribute>([
        ['num_scan_inputs', int(1)],
        [
          'body',
          {
            kind: 'graph',
            value: body(
              [
                { name: 'sum', type: tensorType('float', [2]) },
                { name: 'x', type: tensorType('float', [2]) },
              ],
              [node('Add', ['sum', 'x'], ['next']), node('Identity', ['next'], ['out'])],
              [
                { name: 'next', type: tensorType('float', [2]) },
                { name: 'out', type: tensorType('float', [2]) },
              ],
            ),
          },
        ],
      ]),
    },
  ],
});

const dropAxes = (type: ValueType | undefined, count: number): ValueType | undefined =>
  type?.kind === 'tensor' && type.shape && count > 0 ? tensorType(type.type, type.shape.slice(count)) : type;
