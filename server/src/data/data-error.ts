import { messageOf, PareError } from '../base/errors.ts';

/** An error of a data file: what is wrong, in which file, and what to do. */
export const dataError = (
  code: string,
  message: string,
  file: string,
  hint: string,
  cause?: unknown,
): PareError => new PareError(code, message, { hint, place: { file }, ...(cause ? { cause } : {}) });

/** What the file system's refusal means to a person: `file-missing` or `file-unreadable`. */
export function fileError(error: unknown, file: string): PareError {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? dataError(
        'file-missing',
        `There is no file '${file}'.`,
        file,
        'Check the path; a path in a recipe is relative to the recipe.',
        error,
      )
    : dataError(
        'file-unreadable',
        `'${file}' cannot be read: ${messageOf(error)}.`,
        file,
        'Check that it is a file and that you may read it.',
        error,
      );
}

/** Arrays for an input or output of the model that do not have a row for each sample. */
export const tooFewRows = (
  what: 'input' | 'output',
  name: string,
  samples: number,
  rows: number,
  file: string,
): PareError =>
  dataError(
    what === 'input' ? 'data-inputs' : 'data-targets',
    `There are ${samples} samples but ${rows} rows for the ${what} '${name}' in '${file}'.`,
    file,
    'Give one row for each sample.',
  );
