import { inferShapes } from '../../analysis/shapes.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import { int } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import { cloneModel } from '../../ir/model.ts';
import { labelOf } from '../../ir/node.ts';
import { tensorType } from '../../ir/value-type.ts';
import type { Runner } from '../runner.ts';
import type { Feeds } from './feeder.ts';

/**
 * Runs a step again with every float value of the graph watched and says where the first one that is not finite is made:
 * `conv1`, or `the gradient of conv1`. Undefined when all are finite, or when an input is not finite already.
 */
export async function findNonFinite(
  runner: Runner,
  step: TrainStep,
  feeds: Feeds,
): Promise<string | undefined> {
  const model = cloneModel(step.model);
  const { graph } = model;
  const { types } = inferShapes(model);
  const build = createBuilder(graph);
  const places: string[] = [];
  const flags: string[] = [];
  for (const node of [...graph.nodes]) {
    for (const output of node.outputs) {
      const type = types.get(output);
      if (type?.kind !== 'tensor' || type.type !== 'float') continue;
      // A value times zero is zero unless it is infinite or no number; one such element spoils the sum.
      const zeros = build.op('Mul', [output, build.constant('float', [], [0])]);
      flags.push(build.op('ReduceSum', [zeros], { keepdims: int(0) }));
      const origin = step.origins.get(output);
      places.push(
        origin === undefined ? (step.layers.get(output) ?? labelOf(node)) : `the gradient of ${origin}`,
      );
    }
  }
  graph.outputs.splice(
    0,
    graph.outputs.length,
    ...flags.map((name) => ({ name, type: tensorType('float', []) })),
  );
  const session = await runner.open(model);
  try {
    const results = await session.run(feeds, flags);
    const at = flags.findIndex((name) => !Number.isFinite(Number(results[name]!.data[0])));
    return at < 0 ? undefined : places[at];
  } finally {
    await session.close();
  }
}
