import { defineUpgrade, type Upgrade } from './define.ts';
import { inputsOf, intsInput, intsOf, without } from './shared.ts';

const axesToInput: Upgrade['apply'] = (node, context) => {
  const { graph } = context;
  // An empty list meant what a missing one means; as an input it may mean to do nothing.
  const empty = intsOf(node, 'axes')?.length === 0;
  const axes = empty ? undefined : intsInput(node, 'axes', context);
  graph.update(node, { inputs: inputsOf(node.inputs[0], axes), attributes: without(node, 'axes') });
  return undefined;
};

/** Version 13 takes the axes as an input. */
export const axesInput13 = defineUpgrade({
  ops: ['Squeeze', 'Unsqueeze', 'ReduceSum'],
  version: 13,
  apply: axesToInput,
});

/** Version 18 does so for the other reductions. */
export const axesInput18 = defineUpgrade({
  ops: [
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceProd',
    'ReduceSumSquare',
  ],
  version: 18,
  apply: axesToInput,
});
