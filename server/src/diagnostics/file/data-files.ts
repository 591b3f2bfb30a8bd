import type { Diagnostic } from '../define.ts';

const error = { subject: 'file', severity: 'error' } as const;

/** Why the files of a data set cannot be used. `data/` throws these codes. */
export const dataFiles: readonly Diagnostic[] = [
  {
    ...error,
    code: 'data-format',
    what: 'A data file has a format that Pare does not read.',
    why: 'It is neither an IDX file nor a NumPy file or archive, compressed or not, nor a table of numbers whose lines have a cell for each column, texts with a JSON object a line, or a Parquet file.',
    remedy: 'Save the samples with `numpy.save`, give IDX files, or mend the line that the message names.',
  },
  {
    ...error,
    code: 'data-truncated',
    what: 'A data file ends before its data do.',
    why: 'It was cut off while it was copied or downloaded.',
    remedy: 'Copy or download it again.',
  },
  {
    ...error,
    code: 'data-too-large',
    what: 'A data set is larger than what may be held in memory.',
    why: 'Samples are kept in memory while a run lasts.',
    remedy: 'Use fewer samples, with `limit`, or split the file.',
  },
  {
    ...error,
    code: 'data-empty',
    what: 'A data file holds no samples.',
    why: 'Nothing can be measured or learnt from it.',
    remedy: 'Give a file with at least one sample.',
  },
  {
    ...error,
    code: 'data-nan',
    what: 'A sample holds NaN or infinity.',
    why: 'Calibration takes its ranges from the samples: one such value makes all results NaN.',
    remedy: 'Remove such samples, or replace what is missing.',
  },
  {
    ...error,
    code: 'data-inputs',
    what: 'The array for a further input of the model does not have a row for each sample.',
    why: 'Every sample goes into the model with a value for each of its inputs.',
    remedy: 'Give a row for each sample, in the order of the samples.',
  },
];
