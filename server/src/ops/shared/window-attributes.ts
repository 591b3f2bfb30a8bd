import { attribute } from '../define.ts';

/** Attributes of every sliding window. */
export const windowAttributes = {
  auto_pad: attribute.string(
    'How to pad: NOTSET uses `pads`, SAME_UPPER and SAME_LOWER keep size / stride, VALID does not pad.',
    'NOTSET',
  ),
  dilations: attribute.ints('Distance of the window elements along each axis; 1 by default.'),
  kernel_shape: attribute.ints('Size of the window.'),
  pads: attribute.ints('Padding at the begin of every axis, then at the end of every axis; 0 by default.'),
  strides: attribute.ints('Step of the window along each axis; 1 by default.'),
};

export const convAttributeRules = {
  ...windowAttributes,
  group: attribute.int(
    'Number of groups that channels are divided into; equal to C for a depthwise convolution.',
    1,
  ),
  kernel_shape: attribute.ints('Size of the kernel; taken from W by default.'),
};

export const poolAttributeRules = {
  ...windowAttributes,
  ceil_mode: attribute.int('1 rounds the output size up.', 0),
};
