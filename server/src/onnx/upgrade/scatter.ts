import { defineUpgrade } from './define.ts';

/** Version 11 calls it ScatterElements. */
export const scatterToElements = defineUpgrade({
  ops: ['Scatter'],
  version: 11,
  apply: (node, { graph }) => {
    graph.update(node, { opType: 'ScatterElements' });
    return undefined;
  },
});

/** Version 9 has no batch: the form of version 8 cannot be written in it. */
export const scanBatch = defineUpgrade({ ops: ['Scan'], version: 9, apply: () => 'it runs over a batch' });
