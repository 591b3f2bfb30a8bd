import * as z from 'zod';
import { factor } from '../base/setting-types.ts';

/** How a recipe (`data.train`, `data.test`) and the command line (`--data`) name a data set. Paths are relative to the recipe. */
export const dataSource = z.strictObject({
  images: z
    .string()
    .describe(
      'Samples: an IDX file (`*-idx3-ubyte`, gzip or not), a NumPy file (`.npy`, or `.npz` with the name of an array: `mnist.npz#x_test`), a table (`.csv`, `.tsv`) of numbers whose first line names the columns, texts (`.jsonl`, `.ndjson`), one JSON object a line, a Parquet file (`.parquet`) of images (a column of coded bytes, `image.bytes`), of texts or of numbers, or a folder that holds a folder of images (`.jpg`, `.png`, `.webp`) or sounds (`.wav`) for each class: `train/cat/1.jpg`. Classes of a folder are numbered in the order of their names, and its samples take turns: the first of each class, then the second of each. Images are read in colour or in grey, whichever the model wants; profiles and orientation are passed over, as Pillow and torchvision do. Sounds become the mean of their channels, integers as fractions from -1 to 1, at the rate that they have.',
    ),
  labels: z
    .string()
    .optional()
    .describe(
      'Class of each sample: an IDX file (`*-idx1-ubyte`, gzip or not) or a NumPy file (`.npy`, `mnist.npz#y_test`) of integers; with a table, the name of its column that holds the classes, as integers or names; with texts, the name of the key that holds them; with a Parquet file, the name of its column. A folder of images or sounds needs none.',
    ),
  inputs: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Arrays for the further inputs of a model that has several, by the inputs' names: an IDX or NumPy file with a row for each sample (`mask: test.npz#mask`). The samples themselves go into the first input that is not named here.",
    ),
  targets: z
    .record(z.string(), z.union([z.string(), z.array(z.string()).min(1)]))
    .optional()
    .describe(
      "What the model should answer where that is no class: an IDX or NumPy file with a row for each sample, by the name of the model's output (`price: train.npz#price`); with a table, the name of its column, or a list of columns.",
    ),
  size: z
    .tuple([z.int().positive().max(65535), z.int().positive().max(65535)])
    .optional()
    .describe(
      'Height and width that images are brought to: scaled until they cover it, then cut around the centre. Without it all images must have one size.',
    ),
  length: z
    .int()
    .positive()
    .max(2 ** 26)
    .optional()
    .describe(
      'Values that sounds, or tokens that texts are brought to: a longer one loses its end, a shorter one gets silence or padding there. Without it all sounds must have one length; texts get the length that the model says, or 256 tokens.',
    ),
  text: z
    .string()
    .default('text')
    .describe(
      'The key that holds the text in each line of a `.jsonl` file, or the column of a Parquet file.',
    ),
  tokenizer: z
    .string()
    .default('bytes')
    .describe(
      'How texts become numbers: `bytes` (1 to 256), `words` (lower case, hashed into `vocabulary` numbers, so that no list of words is needed), or a file: the `tokenizer.json` of a Hugging Face model, the `vocab.txt` of BERT, or a list of words, one a line, whose numbers are the lines from 0. Shorter texts are filled up with the padding of the tokenizer, 0 by default; inputs named `attention_mask` and `token_type_ids` are fed to match.',
    ),
  vocabulary: z
    .int()
    .min(2)
    .max(2 ** 24)
    .default(8192)
    .describe('How many numbers `tokenizer: words` hashes into, 0 for padding among them.'),
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
  classes: z
    .array(z.string())
    .optional()
    .describe(
      'Names of the classes, in the order of their numbers. With a folder of images or sounds: the names of its folders.',
    ),
});

export type DataSource = z.output<typeof dataSource>;
