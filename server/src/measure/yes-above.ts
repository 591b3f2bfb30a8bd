import type { Model } from '../ir/model.ts';

/** Operators that change a score's form and not its meaning. */
const passing: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/**
 * The score above which an output that has one score a sample says yes: one half behind a Sigmoid, which gives probabilities,
 * else zero.
 */
export function yesAbove({ graph }: Model): (output: string) => number {
  return (output) => {
    let value = output;
    for (;;) {
      const node = graph.producer(value);
      if (!node) return 0;
      if (/Sigmoid$/.test(node.opType)) return 0.5;
      if (!passing.has(node.opType)) return 0;
      value = node.inputs[0]!;
    }
  };
}
