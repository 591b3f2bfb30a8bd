import { z } from 'zod';
import { factor } from '../base/setting-types.ts';

/** How a recipe (`data.train`, `data.test`) and the command line (`--data`) name a data set. Paths are relative to the recipe. */
export const dataSource = z.strictObject({
  images: z
    .string()
    .describe(
      'Samples: an IDX file (`*-idx3-ubyte`, gzip or not), a NumPy file (`.npy`, or `.npz` with the name of an array: `mnist.npz#x_test`), or a table (`.csv`, `.tsv`) of numbers whose first line names the columns.',
    ),
  labels: z
    .string()
    .optional()
    .describe(
      'Class of each sample: an IDX file (`*-idx1-ubyte`, gzip or not) or a NumPy file (`.npy`, `mnist.npz#y_test`) of integers; with a table, the name of its column that holds the classes, as integers or names.',
    ),
  normalize: z
    .strictObject({
      scale: factor()
        .default(1)
        .describe('What stored values are multiplied by: `1/255` brings bytes into 0..1.'),
      mean: z
        .array(z.number())
        .default([])
        .describe('Subtracted after scaling: one number, or one a channel.'),
      std: z
        .array(z.number().positive())
        .default([])
        .describe('Divided by after the mean: one number, or one a channel.'),
    })
    .prefault({})
    .describe('How stored values become what the model was trained on: (value * scale - mean) / std.'),
  limit: z.int().positive().optional().describe('Use only so many first samples.'),
  classes: z.array(z.string()).optional().describe('Names of the classes, in the order of their numbers.'),
});

export type DataSource = z.output<typeof dataSource>;
