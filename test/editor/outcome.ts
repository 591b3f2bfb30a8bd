export interface Outcome {
  readonly title: string;
  /** Null when it passed. */
  readonly error: string | null;
  readonly ms: number;
}
