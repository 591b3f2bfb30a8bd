import type { Shape } from '../../ir/dim.ts';
import { slide, type WindowAttributes, windowOf } from './window.ts';

/**
 * Shape of a convolution of an image batch [N, C, ...] with weights [M, C / group, ...]: [N, M, ...]. Undefined while a rank
 * is unknown. Calls `fail` where ranks or channels do not fit.
 */
export function convShape(
  image: Shape | undefined,
  weights: Shape | undefined,
  attributes: WindowAttributes & { readonly group: number },
  fail: (message: string) => never,
): Shape | undefined {
  if (!image || !weights) return undefined;
  const [channels, expected] = [image[1], weights[1]];
  if (image.length !== weights.length || image.length < 3)
    fail(`the input has rank ${image.length} but the weights have rank ${weights.length}`);
  if (
    typeof channels === 'number' &&
    typeof expected === 'number' &&
    channels !== expected * attributes.group
  )
    fail(`the input has ${channels} channels, but the weights want ${expected * attributes.group}`);
  const spatial = slide(image.slice(2), attributes, windowOf(attributes, weights.slice(2)));
  return [image[0]!, weights[0]!, ...spatial];
}
