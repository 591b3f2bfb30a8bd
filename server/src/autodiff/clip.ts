import { int } from '../ir/attribute.ts';
import type { Builder } from '../ir/builder.ts';

/** The root of the sum of all squares: a scalar. */
export function globalNorm(build: Builder, gradients: readonly string[]): string {
  const squares = gradients.map((gradient) => build.op('ReduceSumSquare', [gradient], { keepdims: int(0) }));
  const total = squares.length === 1 ? squares[0]! : build.op('Sum', squares);
  return build.op('Sqrt', [total], {}, { name: 'gradient_norm' });
}

/** Scales all gradients by min(1, limit / norm), so that their joint norm is at most `limit`. */
export function clipByNorm(
  build: Builder,
  gradients: readonly string[],
  norm: string,
  limit: number,
): readonly string[] {
  const number = (value: number) => build.constant('float', [], [value]);
  const ratio = build.op('Div', [number(limit), build.op('Add', [norm, number(1e-6)])]);
  const factor = build.op('Min', [ratio, number(1)]);
  return gradients.map((gradient) => build.op('Mul', [gradient, factor]));
}

/** Cuts every element to +-limit. */
export function clipByValue(build: Builder, gradients: readonly string[], limit: number): readonly string[] {
  const number = (value: number) => build.constant('float', [], [value]);
  return gradients.map((gradient) => build.op('Clip', [gradient, number(-limit), number(limit)]));
}
