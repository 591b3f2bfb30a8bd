import type * as z from 'zod';
import type { ExitCode } from '../base/errors.ts';

/** One command of `pare`, whole: parsing, help, JSON output and docs are derived from its declaration. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Markdown for the docs page: what it prints and what its exit codes mean. */
  readonly details: string;
  readonly arguments: readonly Argument[];
  /** Options as a schema: `samples` becomes `--samples <value>`, a boolean a flag; descriptions and defaults are shown in help. */
  readonly options: z.ZodObject;
  readonly examples: readonly string[];
  readonly run: (args: readonly string[], options: never, io: Io) => Promise<Outcome>;
}

export interface Argument {
  readonly name: string;
  readonly doc: string;
  readonly optional?: boolean;
  readonly variadic?: boolean;
}

/** How a command talks to its caller. */
export interface Io {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Aborted by Ctrl-C or by a `cancel` line on standard input. */
  readonly signal: AbortSignal;
  /** A line for people; on stderr with `--json`, nowhere with `--quiet`. */
  readonly log: (line: string) => void;
  /** A bar with time left, on a terminal only. */
  readonly progress: (done: number, total: number, what: string) => void;
  /** Ends the bar. */
  readonly progressDone: () => void;
  /** One line on stdout right now: for `--events ndjson`. */
  readonly emit: (line: string) => void;
}

export interface Outcome {
  readonly exitCode?: ExitCode;
  /** The one document that `--json` prints. */
  readonly json: unknown;
  /** What people see instead. */
  readonly text: string;
}

interface Declaration<O extends z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly arguments: readonly Argument[];
  readonly options: O;
  readonly examples: readonly string[];
  readonly run: (args: readonly string[], options: z.output<O>, io: Io) => Promise<Outcome>;
}

/** Declares a command; `run` sees its options with their types. */
export const defineCommand = <O extends z.ZodObject>(declaration: Declaration<O>): Command =>
  declaration as unknown as Command;
