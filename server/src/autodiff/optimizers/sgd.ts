import type { Builder } from '../../ir/builder.ts';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent: v = momentum v + g; the direction is v, or g + momentum v with Nesterov's look-ahead. */
export function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  if (momentum === 0)
    return { name: 'sgd', slots: [], begin: () => (gradient) => ({ direction: gradient, state: [] }) };
  return {
    name: 'sgd',
    slots: ['velocity'],
    begin: (build: Builder) => {
      const factor = build.constant('float', [], [momentum]);
      const advance = (gradient: string, velocity: string) =>
        build.op('Add', [gradient, build.op('Mul', [velocity, factor])]);
      return (gradient, [velocity]) => {
        const next = advance(gradient, velocity!);
        return { direction: nesterov ? advance(gradient, next) : next, state: [next] };
      };
    },
  };
}
