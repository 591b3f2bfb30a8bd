import type { ExitCode } from '../../base/errors.ts';

/** Entries that Pare starts for itself in a child process, by a hidden first argument. */
export const childEntries: Readonly<Record<string, (args: readonly string[]) => Promise<ExitCode>>> = {};
