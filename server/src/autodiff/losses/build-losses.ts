import { PareError } from '../../base/errors.ts';
import type { Builder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import type { Shape } from '../../ir/dim.ts';
import type { Graph } from '../../ir/graph.ts';
import { type TensorType, tensorType } from '../../ir/value-type.ts';
import type { Loss } from './loss.ts';

/** One part of the loss: an output (or any value) of the model against a target. */
export interface LossTerm {
  readonly loss: Loss;
  /** The model's first output by default. */
  readonly output?: string;
  /** Factor in the sum of all terms; 1 by default. */
  readonly weight?: number;
  /** Name of the graph input for the target; terms may share one. `target` by default. */
  readonly target?: string;
}

/** A graph input that takes what an output is compared with. */
export interface TargetInput {
  readonly name: string;
  /** What the loss terms call it. */
  readonly target: string;
  readonly type: DataType;
  readonly shape: Shape;
}

interface BuiltLosses {
  readonly seeds: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, string>;
  readonly targets: readonly TargetInput[];
}

/** Writes all loss terms: the sum, the gradients that the reverse walk starts from, and the inputs for the targets. */
export function buildLosses(
  build: Builder,
  terms: readonly LossTerm[],
  typeOf: (value: string) => TensorType | undefined,
): BuiltLosses {
  const { graph } = build;
  const targets = new Map<string, TargetInput>();
  const seeds = new Map<string, string>();
  const metrics = new Map<string, string>();
  const losses: string[] = [];
  for (const { loss, output: named, weight = 1, target: wish = 'target' } of terms) {
    const output = scoresOf(graph, named ?? graph.outputs[0]?.name ?? '', loss);
    const type = typeOf(output);
    if (type?.kind !== 'tensor' || !type.shape || type.type !== 'float')
      throw new PareError(
        'loss-output',
        `'${output}' is no float tensor of known rank, so it can have no loss.`,
        {
          place: { name: output },
        },
      );
    let target = targets.get(wish);
    if (!target) {
      target = { name: graph.freshName(wish), target: wish, ...loss.target(type) };
      targets.set(wish, target);
      graph.inputs.push({ name: target.name, type: tensorType(target.type, target.shape) });
    }
    const built = loss.build({ build, output, type, target: target.name });
    const scaled = (value: string) =>
      weight === 1 ? value : build.op('Mul', [value, build.constant('float', [], [weight])]);
    losses.push(scaled(built.loss));
    if (terms.length > 1) metrics.set(metricName(metrics, loss.name), built.loss);
    for (const [name, value] of Object.entries(built.metrics ?? {}))
      metrics.set(metricName(metrics, name), value);
    const known = seeds.get(output);
    const gradient = scaled(built.gradient);
    seeds.set(output, known ? build.op('Add', [known, gradient]) : gradient);
  }
  const total = losses.length === 1 ? losses[0]! : build.op('Sum', losses, {}, { name: 'loss' });
  return { seeds, metrics: new Map([['loss', total], ...metrics]), targets: [...targets.values()] };
}

function metricName(taken: ReadonlyMap<string, string>, name: string): string {
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}-${i}`;
  return unique;
}

/** The raw scores behind an output: the Softmax or Sigmoid that ends the model is part of the loss. */
export function scoresOf(graph: Graph, output: string, loss: Pick<Loss, 'scores'>): string {
  let value = output;
  for (;;) {
    const node = graph.producer(value);
    const ends = loss.scores === 'Softmax' ? ['Softmax', 'LogSoftmax'] : loss.scores ? [loss.scores] : [];
    if (node?.domain !== '' || ![...ends, 'Identity'].includes(node.opType)) return value;
    value = node.inputs[0]!;
  }
}
