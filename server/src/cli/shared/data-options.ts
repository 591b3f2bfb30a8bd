import * as z from 'zod';
import { factor } from '../../base/setting-types.ts';
import { type DataSource, dataSource } from '../../data/source.ts';

/** Options that name a data set on the command line; `name` is the option for the samples. */
export function dataOptions<Name extends string>(name: Name, doc: string) {
  return {
    [name]: z
      .string()
      .optional()
      .describe(`${doc}: an IDX or NumPy file, a table, or a folder of images or sounds`),
    labels: z.string().optional().describe('classes of the samples: an IDX or NumPy file'),
    normalize: factor().optional().describe('what stored values are multiplied by, such as 1/255'),
    mean: z
      .array(z.number())
      .optional()
      .describe('subtracted after scaling: one number, or one a channel, separated by commas'),
    std: z.array(z.number()).optional().describe('divided by after the mean: one number, or one a channel'),
    size: z
      .array(z.int().positive())
      .length(2)
      .optional()
      .describe('height and width that images are brought to, separated by a comma'),
    length: z.int().positive().optional().describe('values that sounds are brought to'),
    limit: z.int().positive().optional().describe('use only so many first samples'),
  };
}

/** The data source that those options name, or undefined when they name none. */
export function dataSourceOf(
  options: Readonly<Record<string, unknown>>,
  name: string,
): DataSource | undefined {
  const images = options[name];
  if (typeof images !== 'string') return undefined;
  const { labels, normalize, mean, std, size, length, limit } = options;
  return dataSource.parse({
    images,
    ...(labels === undefined ? {} : { labels }),
    ...(size === undefined ? {} : { size }),
    ...(length === undefined ? {} : { length }),
    ...(limit === undefined ? {} : { limit }),
    normalize: {
      ...(normalize === undefined ? {} : { scale: normalize }),
      ...(mean ? { mean } : {}),
      ...(std ? { std } : {}),
    },
  });
}
