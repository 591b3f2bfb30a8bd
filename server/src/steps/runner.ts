import type { Provider } from '../base/providers.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { TensorType } from '../ir/value-type.ts';

/** Runs models. Steps and measurements receive one; `runtime` implements it on onnxruntime, so that the rest of Pare never loads it. */
export interface Runner {
  /** Prepares a model for running. Throws `RunFailed` with code `session-failed` and the runtime's reason. */
  readonly open: (
    model: Model | Uint8Array | { readonly path: string },
    options?: SessionOptions,
  ) => Promise<Session>;
  /** Channels in a block of the processor's blocked convolution kernels; undefined where the runtime has none. */
  readonly blockedChannels: () => Promise<number | undefined>;
  /** Why an execution provider does not work on this machine; undefined when it does. Throws `cancelled`. */
  readonly providerFault: (provider: Provider, signal?: AbortSignal) => Promise<string | undefined>;
  /**
   * Resident memory in bytes that loading the model and running it once adds to a fresh process, at its peak. Throws
   * `memory-failed`, `cancelled`.
   */
  readonly peakMemory: (
    model: Model | Uint8Array | { readonly path: string },
    options?: MemoryOptions,
  ) => Promise<number>;
}

export interface MemoryOptions {
  /** Execution provider; `cpu` by default. */
  readonly provider?: Provider;
  readonly threads?: number | undefined;
  /** Dimensions of inputs by name; what the model leaves open is 1 otherwise. */
  readonly dims?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SessionOptions {
  /** Threads within an operator; the runtime's choice by default. */
  readonly threads?: number;
  /** The runtime's own graph optimization; `all` by default. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * Whether the runtime lays out all values of a run in one block, beside what its first run took; true by default. A
   * training holds nearly twice the memory with it and is no faster.
   */
  readonly memoryPattern?: boolean;
  /** Execution provider; `cpu` by default. */
  readonly provider?: Provider;
}

export interface Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  /**
   * Runs once. `fetch` names the outputs wanted; by default all tensors, for sequences and maps do not come out. Throws
   * `RunFailed` with code `run-failed`.
   */
  readonly run: (
    feeds: Readonly<Record<string, NdArray>>,
    fetch?: readonly string[],
  ) => Promise<Readonly<Record<string, NdArray>>>;
  /**
   * Runs once and computes the named outputs right into arrays that the caller keeps: for loops that run the same shapes
   * over and over. Each array has exactly the output's type and size; an array that is passed again costs no preparation.
   * An output must not share its array with an input of the same run. Throws `RunFailed` with code `run-failed`.
   */
  readonly runInto: (
    feeds: Readonly<Record<string, NdArray>>,
    outputs: Readonly<Record<string, NdArray>>,
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface SessionValue {
  readonly name: string;
  readonly type: TensorType;
}
