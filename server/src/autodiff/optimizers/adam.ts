import type { Optimizer } from './optimizer.ts';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * Adam (Kingma, Ba 2015): m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, direction = m' / (sqrt(v') + eps) with m' and v'
 * corrected for their start at zero. With weight decay, which the training step decouples, it is AdamW.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimizer {
  return {
    name: 'adam',
    slots: ['mean', 'variance'],
    begin: (build, step) => {
      const number = (value: number) => build.constant('float', [], [value]);
      const correction = (beta: number) =>
        build.op('Sub', [number(1), build.op('Pow', [number(beta), step])]);
      const root = build.op('Sqrt', [correction(beta2)]);
      // m' / (sqrt(v') + eps) = scale m / (sqrt(v) + eps root): one pass over the elements less on either side.
      const scale = build.op('Div', [root, correction(beta1)]);
      const floor = build.op('Mul', [root, number(epsilon)]);
      const blend = (old: string, beta: number, fresh: string) =>
        build.op('Add', [build.op('Mul', [old, number(beta)]), build.op('Mul', [fresh, number(1 - beta)])]);
      return (gradient, [mean, variance]) => {
        const m = blend(mean!, beta1, gradient);
        const v = blend(variance!, beta2, build.op('Mul', [gradient, gradient]));
        const denominator = build.op('Add', [build.op('Sqrt', [v]), floor]);
        return { direction: build.op('Div', [build.op('Mul', [m, scale]), denominator]), state: [m, v] };
      };
    },
  };
}
