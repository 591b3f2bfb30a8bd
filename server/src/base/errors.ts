/** Where in a user's files something is wrong. Every part is optional: say as much as is known. */
export interface Place {
  readonly file?: string;
  /** Zero-based character offsets into `file`, for text files. */
  readonly range?: TextRange;
  /** A layer (node), initializer, input or setting by its name. */
  readonly name?: string;
}

/** Half-open range of zero-based UTF-16 offsets. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface PareErrorOptions {
  readonly hint?: string;
  readonly place?: Place;
  readonly cause?: unknown;
}

/** Exit codes of the command line: see `docs/architecture.md`. */
export const exitCodes = { done: 0, no: 1, usage: 2, failed: 3, cancelled: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * An error that a person is meant to read: a stable `code` (kebab-case, never reused), a message that says what is wrong,
 * a `hint` that says what to do, and a `place`. Its default exit code is 2, bad usage or input.
 */
export class PareError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly place: Place | undefined;
  readonly exitCode: ExitCode = exitCodes.usage;

  constructor(code: string, message: string, options: PareErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PareError';
    this.code = code;
    this.hint = options.hint;
    this.place = options.place;
  }
}

/** A run that failed for a reason that is not the input's: exit code 3. */
export class RunFailed extends PareError {
  override readonly exitCode: ExitCode = exitCodes.failed;
}

/** Cancelled by the user: exit code 130. */
export class Cancelled extends PareError {
  override readonly exitCode: ExitCode = exitCodes.cancelled;
  constructor(message = 'Cancelled.') {
    super('cancelled', message);
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends an exhaustive switch: a new case of the union is then a compile error. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
