import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StateSlot } from '../../autodiff/state.ts';
import { PareError } from '../../base/errors.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { elements, tensor } from '../../ir/tensor.ts';
import { openTensors, saveTensors } from '../../onnx/safetensors.ts';
import type { Feeds } from './feeder.ts';

/** Where a training stands: with the state tensors, all that is needed to go on exactly. */
export interface Position {
  readonly epoch: number;
  /** Batches done in the epoch. */
  readonly batch: number;
  /** Steps done in all. */
  readonly step: number;
  readonly best: Best | undefined;
}

export interface Best {
  readonly epoch: number;
  readonly score: number;
}

/** The state tensors by the names of their inputs; the arrays are kept from step to step. */
export type State = Feeds;

const file = (folder: string, which: 'last' | 'best') => join(folder, `${which}.safetensors`);

/**
 * Writes a checkpoint: the state's tensors by their names in the step graph and the position as metadata. `key` tells
 * trainings apart: a checkpoint of another model, data or settings is not resumed from.
 */
export function saveCheckpoint(
  folder: string,
  which: 'last' | 'best',
  slots: readonly StateSlot[],
  state: State,
  position: Position,
  key: string,
): void {
  const tensors = slots.map(({ input, dims }) =>
    tensor(input, 'float', dims, state[input]!.data as Float32Array),
  );
  saveTensors(file(folder, which), tensors, {
    format: 'pare-training',
    key,
    position: JSON.stringify(position),
  });
}

/** Reads a checkpoint of the same training, or undefined when there is none. A damaged one counts as none. */
export function loadCheckpoint(
  folder: string,
  which: 'last' | 'best',
  slots: readonly StateSlot[],
  key: string,
): { readonly state: State; readonly position: Position } | undefined {
  const path = file(folder, which);
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = openTensors(path);
    if (metadata.get('key') !== key) return undefined;
    const state: Record<string, NdArray> = {};
    for (const { input, dims } of slots) {
      const value = tensors.get(input);
      if (value?.type !== 'float' || `${value.dims}` !== `${dims}`) return undefined;
      state[input] = { type: 'float', dims, data: (elements(value) as Float32Array).slice() };
    }
    return { state, position: JSON.parse(metadata.get('position') ?? '') as Position };
  } catch (error) {
    if (error instanceof PareError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
