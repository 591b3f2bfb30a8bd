import { int, ints, text } from '../../ir/attribute.ts';
import { staticShape } from '../../ops/define.ts';
import { fixedWindow, type WindowAttributes } from '../../ops/shared/window.ts';
import type { Lowering } from './lowering.ts';

/**
 * Pooling by windows that tile an image [N, C, H, W]: the maximum and its gradient are brought back to the image's size by
 * nearest-neighbour Resize, and dX is dY where an element equals its window's maximum, divided among equal ones. Several
 * times faster than comparing by broadcasting over six axes, whose inner loops are as short as the window.
 */
export const maxPoolGradient: Lowering = ({
  build,
  inputs: [x],
  outputs: [y],
  types,
  attributes,
  dy: [dy],
}) => {
  if (!dy) return undefined;
  const window = attributes as unknown as WindowAttributes;
  const spatial = staticShape(types(x!).shape?.slice(2));
  if (spatial?.length !== 2) return undefined;
  const { kernel, strides, dilations, pads } = fixedWindow(spatial, window, window.kernel_shape ?? []);
  const tiles =
    pads.every((pad) => pad === 0) &&
    spatial.every((size, i) => strides[i] === kernel[i] && dilations[i] === 1 && size % kernel[i]! === 0);
  if (!tiles) return undefined;
  const scales = build.constant('float', [4], [1, 1, ...kernel]);
  const enlarged = (value: string) =>
    build.op('Resize', [value, '', scales], {
      mode: text('nearest'),
      coordinate_transformation_mode: text('asymmetric'),
      nearest_mode: text('floor'),
    });
  const largest = build.op('Cast', [build.op('Equal', [x!, enlarged(y!)])], { to: int(1) });
  const share = build.op('AveragePool', [largest], {
    kernel_shape: ints(kernel),
    strides: ints(kernel),
  });
  // The share of elements that are largest, times the window's size, is their number.
  const size = build.constant('float', [], [kernel[0]! * kernel[1]!]);
  const each = build.op('Div', [dy, build.op('Mul', [share, size])]);
  return [build.op('Mul', [largest, enlarged(each)], {}, { name: 'dX' })];
};
