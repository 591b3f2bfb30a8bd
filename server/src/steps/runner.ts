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
}

export interface SessionOptions {
  /** Threads within an operator; the runtime's choice by default. */
  readonly threads?: number;
  /** The runtime's own graph optimization; `all` by default. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Execution provider; `cpu` by default. */
  readonly provider?: string;
}

export interface Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  /** Runs once. `fetch` names the outputs wanted, all by default. Throws `RunFailed` with code `run-failed`. */
  readonly run: (
    feeds: Readonly<Record<string, NdArray>>,
    fetch?: readonly string[],
  ) => Promise<Readonly<Record<string, NdArray>>>;
  readonly close: () => Promise<void>;
}

export interface SessionValue {
  readonly name: string;
  readonly type: TensorType;
}
