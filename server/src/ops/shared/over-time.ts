import { type Attribute, int, ints } from '../../ir/attribute.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import { unknownDim } from '../../ir/dim.ts';
import { Graph } from '../../ir/graph.ts';
import { tensorType } from '../../ir/value-type.ts';
import { type Calculator, calculator } from './calculator.ts';

/** What is computed step by step: states go on from step to step, outputs are collected. */
export interface Walk {
  readonly type: DataType;
  /** From the last step to the first. */
  readonly backwards: boolean;
  /** States to start from, [batch, columns]. */
  readonly states: readonly string[];
  /** Sequences, [time, batch, columns]; the body sees one step of each. */
  readonly sequences: readonly string[];
  readonly body: (
    m: Calculator,
    build: Builder,
    states: readonly string[],
    steps: readonly string[],
  ) => { readonly states: readonly string[]; readonly outputs: readonly string[] };
}

/**
 * Writes a Scan: its size does not depend on the number of steps, which need not be known. Gives the last states and the
 * outputs, which lie in the order of time whichever way it walks. The body may read values of the graph around it.
 */
export function overTime(
  build: Builder,
  { type, backwards, states, sequences, body }: Walk,
): { readonly states: readonly string[]; readonly outputs: readonly string[] } {
  const graph = new Graph('steps');
  // Names of a body must not hide those of the graph around it.
  const prefix = `${build.graph.freshName('steps')}/`;
  // onnxruntime wants the rank of what a body gives.
  const step = tensorType(type, [unknownDim, unknownDim]);
  const inputs = [...states, ...sequences].map((_, at) => `${prefix}in${at}`);
  graph.inputs.push(...inputs.map((name) => ({ name, type: step })));
  const inner = createBuilder(graph, undefined, prefix);
  const m = calculator({ build: inner, inputs: [], types: () => step }, type);
  const made = body(m, inner, inputs.slice(0, states.length), inputs.slice(states.length));
  for (const name of [...made.states, ...made.outputs]) {
    // A body's outputs are values of its own, each given once.
    const own = graph.isOutput(name) || graph.isInput(name) ? inner.op('Identity', [name]) : name;
    graph.outputs.push({ name: own, type: step });
  }
  const direction = backwards ? 1 : 0;
  const attributes: Record<string, Attribute> = {
    body: { kind: 'graph', value: graph },
    num_scan_inputs: int(sequences.length),
    scan_input_directions: ints(sequences.map(() => direction)),
    scan_output_directions: ints(made.outputs.map(() => direction)),
  };
  const outputs = build.multi('Scan', [...states, ...sequences], graph.outputs.length, attributes);
  return { states: outputs.slice(0, states.length), outputs: outputs.slice(states.length) };
}
