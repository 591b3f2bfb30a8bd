/** Aspects that whole families of operators do not have, with the reason. */
export const discrete = {
  gradient: { none: 'its output changes in steps' },
  channels: { none: 'its output is no feature map' },
  quantize: { none: 'it has no int8 form' },
} as const;
