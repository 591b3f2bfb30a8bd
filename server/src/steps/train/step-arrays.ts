import type { StateSlot } from '../../autodiff/state.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import type { Session } from '../runner.ts';
import type { State } from './checkpoint.ts';
import type { Feeds } from './feeder.ts';

/** Runs a graph: its slots go into arrays of `target`, its metrics come back. */
export async function runStep(
  session: Session,
  feeds: Feeds,
  metrics: ReadonlyMap<string, string>,
  slots: readonly StateSlot[],
  target: State,
): Promise<ReadonlyMap<string, number>> {
  const outputs: Record<string, NdArray> = {};
  for (const { input, output } of slots) outputs[output] = target[input]!;
  const scalars = [...metrics].map(([name, output]) => [name, (outputs[output] = scalarArray(0))] as const);
  await session.runInto(feeds, outputs);
  return new Map(scalars.map(([name, value]) => [name, Number(value.data[0])]));
}

/** Arrays for slots, by the names of their inputs. */
export function stateOf(slots: readonly StateSlot[], values: (slot: StateSlot) => Float32Array): State {
  return Object.fromEntries(
    slots.map((slot) => [slot.input, { type: 'float', dims: slot.dims, data: values(slot) }]),
  );
}

export function zeros({ dims }: StateSlot): Float32Array {
  return new Float32Array(dims.reduce((a, b) => a * b, 1));
}

export function scalarArray(value: number): NdArray {
  return { type: 'float', dims: [], data: Float32Array.of(value) };
}
