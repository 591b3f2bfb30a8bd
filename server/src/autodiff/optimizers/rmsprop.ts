import type { Optimizer } from './optimizer.ts';

export interface RmspropOptions {
  readonly decay?: number;
  readonly epsilon?: number;
  readonly momentum?: number;
}

/** RMSProp (Hinton 2012): v = a v + (1 - a) g^2, direction = g / (sqrt(v) + eps), with momentum on it where asked. */
export function rmsprop({ decay = 0.99, epsilon = 1e-8, momentum = 0 }: RmspropOptions = {}): Optimizer {
  return {
    name: 'rmsprop',
    slots: momentum === 0 ? ['variance'] : ['variance', 'velocity'],
    begin: (build) => {
      const number = (value: number) => build.constant('float', [], [value]);
      return (gradient, [variance, velocity]) => {
        const v = build.op('Add', [
          build.op('Mul', [variance!, number(decay)]),
          build.op('Mul', [build.op('Mul', [gradient, gradient]), number(1 - decay)]),
        ]);
        const direction = build.op('Div', [
          gradient,
          build.op('Add', [build.op('Sqrt', [v]), number(epsilon)]),
        ]);
        if (momentum === 0) return { direction, state: [v] };
        const next = build.op('Add', [direction, build.op('Mul', [velocity!, number(momentum)])]);
        return { direction: next, state: [v, next] };
      };
    },
  };
}
