/** What a run says while it works, one JSON object a line, and the document that it ends with. Types only. */

export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly time: string;
      readonly run: string;
      readonly folder: string;
      readonly recipe: string;
      readonly steps: readonly string[];
    }
  | { readonly type: 'step-started'; readonly time: string; readonly step: number; readonly name: string }
  /** `remainingMs` is null until it can be told. */
  | {
      readonly type: 'progress';
      readonly time: string;
      readonly step: number | null;
      readonly what: string;
      readonly done: number;
      readonly total: number;
      readonly remainingMs: number | null;
    }
  | {
      readonly type: 'metric';
      readonly time: string;
      readonly step: number;
      readonly name: string;
      readonly value: number;
      readonly at: number;
    }
  | {
      readonly type: 'step-finished';
      readonly time: string;
      readonly step: number;
      readonly name: string;
      readonly cached: boolean;
      readonly ms: number;
      readonly bytes: number;
      readonly model: string;
    }
  | {
      readonly type: 'measured';
      readonly time: string;
      readonly which: 'before' | 'after';
      readonly measurement: Measurement;
    }
  | {
      readonly type: 'log';
      readonly time: string;
      readonly level: 'info' | 'warning' | 'error';
      readonly message: string;
    }
  | { readonly type: 'run-finished'; readonly time: string; readonly result: RunResult };

export type RunStatus = 'done' | 'over-budget' | 'failed' | 'cancelled';

/** The document that `pare run --json` prints and that the run's folder keeps as `result.json`. */
export interface RunResult {
  readonly run: string;
  readonly status: RunStatus;
  readonly recipe: string;
  readonly model: string;
  readonly started: string;
  readonly seconds: number;
  readonly tool: string;
  readonly steps: readonly StepReport[];
  readonly before: Measurement | null;
  readonly after: Measurement | null;
  /** Median of after over before, taken round by round of an interleaved timing, with its 95 % interval. */
  readonly latencyRatio: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** How the two differ sample by sample; null when the run has no test data or did not finish. */
  readonly comparison: Comparison | null;
  readonly layers: readonly LayerReport[];
  readonly budget: readonly BudgetLine[];
  readonly artifacts: {
    readonly folder: string;
    readonly model: string | null;
    readonly report: string | null;
  };
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

export interface StepReport {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly cached: boolean;
  readonly ms: number;
  readonly bytes: number;
  readonly notes: readonly string[];
  readonly layers: readonly { readonly layer: string; readonly op: string; readonly change: string }[];
  readonly metrics: Readonly<Record<string, readonly { readonly at: number; readonly value: number }[]>>;
}

export interface Measurement {
  readonly bytes: number;
  readonly parameters: number;
  /** Constants' elements that are zero, of all. */
  readonly zeros: number;
  readonly macs: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  /** Samples a second, one at a time. */
  readonly throughput: number;
  /** Resident memory that loading and running the model adds to a fresh process, at its peak. */
  readonly memoryBytes: number | null;
  readonly accuracy: Accuracy | null;
  /** How near the outputs come to the test data's targets; absent when there are none. */
  readonly targets?: readonly TargetScore[];
}

export type TargetScore =
  | {
      readonly kind: 'values';
      readonly output: string;
      readonly samples: number;
      /** Mean absolute error and root mean square error, in the targets' unit. */
      readonly mae: number;
      readonly rmse: number;
    }
  | {
      readonly kind: 'classes';
      readonly output: string;
      readonly samples: number;
      /** Share of targets that the highest score names. */
      readonly accuracy: number;
    };

export interface Accuracy {
  readonly value: number;
  /** Wilson score interval, 95 %. */
  readonly low: number;
  readonly high: number;
  readonly correct: number;
  readonly samples: number;
  readonly classes: readonly ClassReport[];
  /** `confusion[actual][predicted]`; empty when there are over 256 classes. */
  readonly confusion: readonly (readonly number[])[];
}

export interface ClassReport {
  readonly name: string;
  readonly samples: number;
  readonly precision: number;
  readonly recall: number;
}

export interface Comparison {
  /** Share of samples with the same prediction. */
  readonly agreement: number;
  readonly samples: number;
  /** Samples right before and wrong after, and the other way round. */
  readonly broken: number;
  readonly mended: number;
  /** The first changed predictions, for looking at. */
  readonly changed: readonly {
    readonly index: number;
    readonly label: number;
    readonly before: number;
    readonly after: number;
  }[];
}

export interface LayerReport {
  readonly layer: string;
  readonly op: string;
  readonly parameters: number;
  readonly macs: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly changes: readonly string[];
}

export interface BudgetLine {
  readonly name: 'size' | 'latency' | 'accuracy-drop' | 'memory';
  readonly limit: number;
  /** Null where it was not measured, which counts as missed. */
  readonly actual: number | null;
  readonly met: boolean;
}
