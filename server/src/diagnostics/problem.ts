import { basename } from 'node:path';
import type { PareError, TextRange } from '../base/errors.ts';
import type { Diagnostic, ModelFinding, RecipeFix, Severity } from './define.ts';

/** One thing that is wrong with one file: what `pare check`, `pare run`, the editor and SARIF all show. */
export interface Problem {
  /** Code of the diagnostic: its page in the docs. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  readonly file: string;
  /** Characters of the file, where it is a recipe. */
  readonly range?: TextRange;
  /** Layer or initializer, where it is a model. */
  readonly name?: string;
  /** Edits of a recipe that mend it, the best one first. */
  readonly fixes: readonly RecipeFix[];
  /** Mends a copy of a model. */
  readonly modelFix?: NonNullable<ModelFinding['fix']>;
  /** The declaration that found it, with what, why and remedy. */
  readonly diagnostic: Diagnostic;
}

/** What an error that a file's reader threw is as a problem of `file`, or of the recipe that names that file. */
export function problemOfError(
  error: PareError,
  file: string,
  known: readonly Diagnostic[],
  range?: TextRange,
): Problem {
  const diagnostic = known.find(({ code }) => code === error.code) ?? {
    subject: 'file',
    code: error.code,
    severity: 'error',
    what: error.message,
    why: 'Pare cannot go on without it.',
    remedy: error.hint ?? 'Mend the file, or name another one.',
  };
  const name = error.place?.name;
  const named = error.place?.file === undefined ? undefined : basename(error.place.file);
  return {
    code: error.code,
    severity: diagnostic.severity,
    message: named && !error.message.includes(named) ? `${named}: ${error.message}` : error.message,
    hint: error.hint ?? diagnostic.remedy,
    file,
    ...(range ? { range } : {}),
    ...(name === undefined ? {} : { name }),
    fixes: [],
    diagnostic,
  };
}
