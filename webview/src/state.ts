import type { Measurement, RunEvent, RunResult } from '@pare/server/protocol/run';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface StepState {
  readonly name: string;
  readonly status: 'waiting' | 'running' | 'done' | 'cached';
  readonly ms: number | null;
  readonly bytes: number | null;
  readonly metrics: Readonly<Record<string, readonly { readonly at: number; readonly value: number }[]>>;
}

/** All that is known of a run while it works: a fold over its events. */
export interface RunState {
  readonly run: string | null;
  readonly recipe: string | null;
  readonly steps: readonly StepState[];
  readonly progress: Event<'progress'> | null;
  readonly before: Measurement | null;
  readonly after: Measurement | null;
  readonly logs: readonly Event<'log'>[];
  readonly result: RunResult | null;
  /** Why there will be no result, when the runner has gone. */
  readonly lost: string | null;
}

export const nothingYet: RunState = {
  run: null,
  recipe: null,
  steps: [],
  progress: null,
  before: null,
  after: null,
  logs: [],
  result: null,
  lost: null,
};

/** Lines of the log that are kept: the file has them all. */
const keptLogs = 200;

export function advance(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'run-started':
      return {
        ...nothingYet,
        run: event.run,
        recipe: event.recipe,
        steps: event.steps.map((name) => ({ name, status: 'waiting', ms: null, bytes: null, metrics: {} })),
      };
    case 'step-started':
      return withStep({ ...state, progress: null }, event.step, (step) => ({ ...step, status: 'running' }));
    case 'progress':
      return { ...state, progress: event };
    case 'metric':
      return withStep(state, event.step, (step) => ({
        ...step,
        metrics: {
          ...step.metrics,
          [event.name]: [...(step.metrics[event.name] ?? []), { at: event.at, value: event.value }],
        },
      }));
    case 'step-finished':
      return withStep({ ...state, progress: null }, event.step, (step) => ({
        ...step,
        status: event.cached ? 'cached' : 'done',
        ms: event.ms,
        bytes: event.bytes,
      }));
    case 'measured':
      return event.which === 'before'
        ? { ...state, before: event.measurement }
        : { ...state, after: event.measurement };
    case 'log':
      return { ...state, logs: [...state.logs, event].slice(-keptLogs) };
    case 'run-finished':
      return { ...state, progress: null, result: event.result };
  }
}

function withStep(state: RunState, index: number, change: (step: StepState) => StepState): RunState {
  return { ...state, steps: state.steps.map((step, at) => (at === index ? change(step) : step)) };
}
