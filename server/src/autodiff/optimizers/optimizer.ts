import type { Builder } from '../../ir/builder.ts';

/**
 * An optimizer says, in operators, in which direction a parameter moves. The training step does the rest for all of them:
 * next = parameter - rate * (direction + decay * parameter), the decay decoupled from the direction (Loshchilov, Hutter 2019).
 */
export interface Optimizer {
  readonly name: string;
  /** Names of its state tensors; each has the parameter's shape and starts as zeros. */
  readonly slots: readonly string[];
  /** Called once a graph; `step` is a float scalar that counts from 1. What all parameters share is written here. */
  readonly begin: (build: Builder, step: string) => Update;
}

export type Update = (
  gradient: string,
  state: readonly string[],
) => { readonly direction: string; readonly state: readonly string[] };
