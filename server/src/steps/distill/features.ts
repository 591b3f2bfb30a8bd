import { inferShapes } from '../../analysis/shapes.ts';
import type { LossTerm } from '../../autodiff/losses/build-losses.ts';
import { squaredError } from '../../autodiff/losses/regression.ts';
import { PareError } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import { createBuilder } from '../../ir/builder.ts';
import { layerNames } from '../../ir/layer-names.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { labelOf } from '../../ir/node.ts';
import { shapeOf } from '../../ir/value-type.ts';

export interface FeaturePair {
  readonly student: string;
  readonly teacher: string;
  readonly weight: number;
}

export interface PairedFeatures {
  /** The student with a projection behind every paired layer whose width is not the teacher's. */
  readonly student: Model;
  /** The teacher's values to compare with, in the order of the pairs. */
  readonly teacherValues: readonly string[];
  readonly losses: readonly LossTerm[];
}

/** The target of the i-th pair. */
export function featureTarget(index: number): string {
  return `feature_${index}`;
}

/**
 * Pairs layers of student and teacher (Romero et al., "FitNets", 2015): the student's output, through a learned linear
 * projection of its channels where the widths differ, is drawn to the teacher's by their mean squared error.
 * Errors: `feature-layer` for a layer that is not there, `feature-shape` where the sizes beside the channels differ.
 */
export function pairFeatures(
  given: Model,
  teacher: Model,
  pairs: readonly FeaturePair[],
  seed: number,
): PairedFeatures {
  const student = cloneModel(given);
  const types = [inferShapes(given).types, inferShapes(teacher).types] as const;
  const teacherValues: string[] = [];
  const losses = pairs.map(({ student: ours, teacher: theirs, weight }, index): LossTerm => {
    const [from, to] = [outputOf(given, ours), outputOf(teacher, theirs)];
    const [shape, wanted] = [shapeOf(types[0].get(from)), shapeOf(types[1].get(to))];
    teacherValues.push(to);
    if (
      !shape ||
      !wanted ||
      shape.length !== wanted.length ||
      shape.slice(2).some((dim, i) => dim !== wanted[i + 2])
    )
      throw new PareError(
        'feature-shape',
        `'${ours}' gives [${shape ?? '?'}] and '${theirs}' [${wanted ?? '?'}].`,
        {
          hint: 'Pair layers whose outputs differ in their channels alone.',
        },
      );
    const [width, target] = [shape[1], wanted[1]];
    const term = { loss: squaredError(), weight, target: featureTarget(index) };
    if (width === target) return { ...term, output: from };
    if (typeof width !== 'number' || typeof target !== 'number')
      throw new PareError('feature-shape', `The width of '${ours}' or of '${theirs}' is not known.`);
    return { ...term, output: project(student, from, width, target, shape.length, seed + index) };
  });
  return { student, teacherValues, losses };
}

/** Adds a 1x1 convolution, or a matrix for [N, C], behind a value; gives its output. */
function project(
  student: Model,
  value: string,
  from: number,
  to: number,
  rank: number,
  seed: number,
): string {
  const build = createBuilder(student.graph, undefined, 'projection_');
  const { normal } = createRng(seed);
  const values = Float32Array.from({ length: from * to }, () => normal() / Math.sqrt(from));
  if (rank === 2) return build.op('MatMul', [value, build.constant('float', [from, to], values)]);
  const dims = [to, from, ...Array.from({ length: rank - 2 }, () => 1)];
  return build.op('Conv', [value, build.constant('float', dims, values)]);
}

function outputOf({ graph }: Model, layer: string): string {
  const names = layerNames(graph);
  const node = graph.nodes.find((item) => names.get(item) === layer || labelOf(item) === layer);
  const value = node?.outputs[0];
  if (value === undefined)
    throw new PareError('feature-layer', `There is no layer '${layer}' to compare.`, {
      hint: '`pare inspect` lists the layers.',
      place: { name: layer },
    });
  return value;
}
