/** One side of a comparison: a training that goes on whenever it is asked to. */
export interface Stepper {
  readonly run: (steps: number) => Promise<Times[]>;
  readonly close: () => Promise<void>;
}

/** Milliseconds of a step, by the clock and of all processors together, and the loss of its batch. */
export interface Times {
  readonly elapsed: number;
  readonly busy: number;
  readonly loss: number;
}
