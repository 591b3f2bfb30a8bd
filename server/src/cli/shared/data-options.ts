import * as z from 'zod';
import { factor } from '../../base/setting-types.ts';
import { type DataSource, dataSource } from '../../data/source.ts';

/** Options that name a data set on the command line; `name` is the option for the samples. */
export function dataOptions<Name extends string>(name: Name, doc: string) {
  return {
    [name]: z
      .string()
      .optional()
      .describe(
        `${doc}: an IDX or NumPy file, a table, a file of texts (.jsonl), a Parquet file, or a folder of images or sounds`,
      ),
    labels: z
      .string()
      .optional()
      .describe('classes of the samples: an IDX or NumPy file, a column of a table, a key of texts'),
    inputs: z
      .array(z.string().regex(/^[^=]+=.+/, 'is written NAME=FILE'))
      .optional()
      .describe("arrays for the model's further inputs: NAME=FILE, separated by commas"),
    targets: z
      .array(z.string().regex(/^[^=]+=.+/, 'is written NAME=FILE'))
      .optional()
      .describe(
        "what the model's outputs should be: NAME=FILE, or NAME=COLUMN of a table, separated by commas",
      ),
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
    length: z
      .int()
      .positive()
      .optional()
      .describe('values of sounds, or tokens of texts, that they are brought to'),
    text: z
      .string()
      .optional()
      .describe("key of the text in each line of a file of texts, or its column, 'text' by default"),
    tokenizer: z
      .string()
      .optional()
      .describe('`bytes` (default), `words`, or a file: `tokenizer.json`, `vocab.txt`, a list of words'),
    vocabulary: z.int().optional().describe('how many numbers `words` are hashed into'),
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
  const { labels, inputs, targets, normalize, mean, std, size, length, text, tokenizer, vocabulary, limit } =
    options;
  return dataSource.parse({
    images,
    ...(labels === undefined ? {} : { labels }),
    ...(inputs === undefined ? {} : { inputs: byName(inputs as readonly string[]) }),
    ...(targets === undefined ? {} : { targets: byName(targets as readonly string[]) }),
    ...(size === undefined ? {} : { size }),
    ...(length === undefined ? {} : { length }),
    ...(text === undefined ? {} : { text }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(limit === undefined ? {} : { limit }),
    normalize: {
      ...(normalize === undefined ? {} : { scale: normalize }),
      ...(mean ? { mean } : {}),
      ...(std ? { std } : {}),
    },
  });
}

/** `NAME=FILE` as an object. */
const byName = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
