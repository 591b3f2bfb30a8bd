import type { TensorType, ValueType } from '../../ir/value-type.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import type { InferContext, InferRule, SampleInput } from '../define.ts';
import { broadcast } from './broadcast.ts';

const elementType = (type: ValueType | undefined) => (type?.kind === 'tensor' ? type.type : undefined);

/** Output 0 has the type and shape of input 0. */
export const sameAsInput: InferRule<unknown> = ({ inputs }) => [inputs[0]];

/** Output 0 has input 0's element type and the broadcast shape of all inputs. */
export const broadcastType: InferRule<unknown> = (context) => [
  broadcastOf(context, elementType(context.inputs[0])),
];

/** The broadcast of all inputs, with this element type. */
export function broadcastOf(
  { inputs, fail }: Pick<InferContext, 'inputs' | 'fail'>,
  type: TensorType['type'] | undefined,
): TensorType | undefined {
  return type && tensorType(type, broadcast(inputs.map(shapeOf), fail));
}

/** Sample values: a smooth, sign-changing sequence without repeats, reproducible in any language. */
export const wave = (count: number, scale = 1, shift = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => shift + scale * Math.sin(1.7 * i + 0.3));

/** A float sample input of `wave` values. */
export const waveInput = (shape: readonly number[], scale = 1, shift = 0): SampleInput => ({
  type: 'float',
  shape,
  values: wave(
    shape.reduce((a, b) => a * b, 1),
    scale,
    shift,
  ),
});
