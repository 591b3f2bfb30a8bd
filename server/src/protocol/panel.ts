import type { RunEvent, RunResult } from './run.ts';

/** What the extension tells the benchmark panel. */
export type ToPanel =
  /** Shows another run from its first event on; `folder` is what the panel remembers over a restart of the editor. */
  | { readonly type: 'follow'; readonly folder: string; readonly live: boolean }
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }
  | { readonly type: 'result'; readonly result: RunResult }
  /** The runner is gone without a result. */
  | { readonly type: 'lost'; readonly message: string };

/** What the benchmark panel asks of the extension. */
export type FromPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'cancel' }
  | { readonly type: 'resume' }
  | { readonly type: 'reveal'; readonly path: string }
  | { readonly type: 'export'; readonly format: 'html' | 'markdown' | 'csv' };
