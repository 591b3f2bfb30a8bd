import type { StateSlot } from '../../autodiff/state.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import type { State } from './checkpoint.ts';

/** Weights and statistics by the names of the model's weights. */
export type TrainedWeights = ReadonlyMap<string, { readonly slot: StateSlot; readonly values: Float32Array }>;

/** What the model gets: parameters and statistics, or their moving averages where they are kept. */
export function trainedWeights(step: TrainStep, state: State): TrainedWeights {
  const weights = new Map<string, { slot: StateSlot; values: Float32Array }>();
  for (const kind of ['parameter', 'statistics', 'average'] as const)
    for (const slot of step.state)
      if (slot.kind === kind)
        weights.set(slot.weight, { slot, values: state[slot.input]!.data as Float32Array });
  return weights;
}
