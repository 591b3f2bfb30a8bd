import { createModel } from '../../../server/src/ir/create-model.ts';
import { Graph } from '../../../server/src/ir/graph.ts';
import type { Model } from '../../../server/src/ir/model.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { createNode, type Node } from '../../../server/src/ir/node.ts';
import { elements, stringTensor, type Tensor, tensor } from '../../../server/src/ir/tensor.ts';
import { tensorType } from '../../../server/src/ir/value-type.ts';
import { type Operator, type Sample, type SampleInput, sampleOpset } from '../../../server/src/ops/define.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';

/** A model of one node, made from an operator's sample. Inputs are `in0`, `in1` ..., outputs `out0` ... */
export interface SampleModel {
  readonly model: Model;
  readonly graph: Graph;
  readonly node: Node;
  /** Values of the graph inputs; constants are initializers. */
  readonly feeds: Readonly<Record<string, NdArray>>;
}

export const inputName = (index: number): string => `in${index}`;
export const outputName = (index: number): string => `out${index}`;

export function sampleModel(operator: Operator, sample: Sample): SampleModel {
  const graph = new Graph('sample');
  const feeds: Record<string, NdArray> = {};
  for (const [index, input] of sample.inputs.entries()) {
    if (!input) continue;
    const name = inputName(index);
    if (input.constant) graph.setInitializer(toConstant(name, input));
    else {
      graph.inputs.push({ name, type: tensorType(input.type, input.shape) });
      feeds[name] = toArray(input);
    }
  }
  const outputs = Array.from({ length: sample.outputs ?? 1 }, (_, index) => outputName(index));
  const node = createNode(
    operator.type,
    sample.inputs.map((input, index) => (input ? inputName(index) : '')),
    outputs,
    { name: 'sample', domain: operator.domain, attributes: sample.attributes ?? new Map() },
  );
  graph.add([node]);
  graph.outputs.push(...outputs.map((name) => ({ name })));
  const opset = sample.opset ?? sampleOpset(operator.domain);
  const domains: Record<string, number> = operator.domain === '' ? {} : { [operator.domain]: opset };
  const model = createModel(graph, operator.domain === '' ? opset : sampleOpset(''), domains);
  return { model, graph, node, feeds };
}

const toConstant = (name: string, { type, shape, values }: SampleInput): Tensor =>
  type === 'string'
    ? stringTensor(name, shape, values as readonly string[])
    : tensor(name, type, shape, values as readonly number[]);

export const toArray = (input: SampleInput): NdArray => ({
  type: input.type,
  dims: input.shape,
  data: input.type === 'string' ? (input.values as readonly string[]) : elements(toConstant('', input)),
});

/** Runs a model once, as it is written: without the runtime's own rewriting. */
export async function runOnce(
  model: Model,
  feeds: Readonly<Record<string, NdArray>>,
): Promise<Readonly<Record<string, NdArray>>> {
  const session = await ortRunner.open(model, { optimization: 'disabled', threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}
