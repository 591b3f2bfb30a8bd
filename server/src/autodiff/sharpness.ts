import type { Builder } from '../ir/builder.ts';
import { createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { tensorType } from '../ir/value-type.ts';
import { globalNorm } from './clip.ts';
import type { StateSlot } from './state.ts';
import { nonZeros, type TrainedWeight } from './update.ts';

/** The step uphill of sharpness-aware minimization, as a model. */
export interface Ascent {
  /** Reads parameters and gradients, by the names of the step's inputs. */
  readonly model: Model;
  /** Weight -> output that holds it moved. */
  readonly moved: ReadonlyMap<string, string>;
}

/**
 * Writes w + rho g / |g|, with |g| the norm over all weights (Foret et al., "Sharpness-aware minimization", 2021, equation
 * 2): the gradient that the weights are then updated with is the one found there. The scale of g does not matter. Zeros that
 * are kept do not move.
 */
export function writeAscent(
  trained: readonly TrainedWeight[],
  sums: readonly StateSlot[],
  { rho, keepZeros, opset }: { readonly rho: number; readonly keepZeros: boolean; readonly opset: number },
): Ascent {
  const graph = new Graph('ascent');
  for (const [index, { weight }] of trained.entries())
    for (const name of [weight.name, sums[index]!.input])
      graph.inputs.push({ name, type: tensorType('float', weight.dims) });
  const build = createBuilder(graph);
  const gradients = trained.map(({ weight, decays }, index) => {
    const pattern = keepZeros && decays ? nonZeros(weight) : undefined;
    const gradient = sums[index]!.input;
    return pattern ? build.op('Mul', [gradient, build.tensor(pattern)]) : gradient;
  });
  const factor = build.op('Div', [
    number(build, rho),
    build.op('Add', [globalNorm(build, gradients), number(build, 1e-12)]),
  ]);
  const moved = trained.map(({ weight }, index) => {
    const output = build.op('Add', [weight.name, build.op('Mul', [gradients[index]!, factor])]);
    graph.outputs.push({ name: output, type: tensorType('float', weight.dims) });
    return [weight.name, output] as const;
  });
  return { model: createModel(graph, opset), moved: new Map(moved) };
}

const number = (build: Builder, value: number): string => build.constant('float', [], [value]);
