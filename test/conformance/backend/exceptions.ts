import type { Aspect } from './aspects.ts';
import type { Case } from './convert.ts';

/** A failure that is not ours to mend, by its reason. */
interface Exception {
  readonly aspect: Aspect;
  /** What the failure says, or an operator of the model. */
  readonly why?: RegExp;
  readonly operator?: RegExp;
  readonly reason: string;
}

const exceptions: readonly Exception[] = [
  {
    aspect: 'types',
    operator: /^(Adagrad|Adam|Momentum|Gradient)$/,
    reason:
      'operators of `ai.onnx.preview.training`, which onnxruntime does not run: Pare writes its training steps in ordinary operators',
  },
  {
    aspect: 'types',
    operator: /^FlexAttention$/,
    reason: 'a preview operator (`ai.onnx.preview`), which onnxruntime does not run',
  },
  {
    aspect: 'upgraded',
    why: /version [1-5] of ai\.onnx/,
    reason: 'written for a version before 6, from which on models are up-converted',
  },
  {
    aspect: 'upgraded',
    why: /Scan .*batch/,
    reason: 'Scan over a batch, of version 8 alone, has no newer form',
  },
];

/** The reason of a failure, or undefined when there is none and it counts. */
export function exceptionOf(aspect: Aspect, item: Case, why: string): string | undefined {
  return exceptions.find(
    (exception) =>
      exception.aspect === aspect &&
      (exception.why?.test(why) ?? true) &&
      (exception.operator === undefined || item.operators.some((op) => exception.operator?.test(op))),
  )?.reason;
}
