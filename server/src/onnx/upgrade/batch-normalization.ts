import { defineUpgrade } from './define.ts';
import { intOf, without } from './shared.ts';

/** Version 9 knows statistics per channel alone. */
export const batchNormalizationSpatial = defineUpgrade({
  ops: ['BatchNormalization'],
  version: 9,
  apply: (node, { graph }) => {
    if (intOf(node, 'spatial') === 0) return 'it has statistics for every element (spatial = 0)';
    graph.update(node, { attributes: without(node, 'spatial') });
    return undefined;
  },
});

/** Version 14 has other outputs for training; for inference nothing changes. */
export const batchNormalizationOutputs = defineUpgrade({
  ops: ['BatchNormalization'],
  version: 14,
  apply: (node, { graph }) => {
    if (node.outputs.slice(1).some((output) => output !== '')) return 'it gives statistics of training';
    graph.update(node, { outputs: node.outputs.slice(0, 1) });
    return undefined;
  },
});
