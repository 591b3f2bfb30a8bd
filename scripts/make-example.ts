/**
 * Makes the data of `examples/fashion-mnist` from the full Fashion-MNIST files (Debian package `dataset-fashion-mnist`):
 * the whole test set and the first part of the training set. `npx tsx scripts/make-example.ts FOLDER [COUNT]`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const [source, count = '19500'] = process.argv.slice(2);
if (!source) throw new Error('Name the folder with the full data set.');
const target = 'examples/fashion-mnist';

/** An IDX file with only its first items (its header says how many there are, big-endian, at byte 4). */
function first(bytes: Buffer, items: number): Buffer {
  const rank = bytes[3]!;
  const header = 4 + 4 * rank;
  const total = bytes.readUInt32BE(4);
  const kept = Math.min(items, total);
  const part = Buffer.from(bytes.subarray(0, header + ((bytes.length - header) / total) * kept));
  part.writeUInt32BE(kept, 4);
  return part;
}

for (const name of [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
]) {
  const bytes = first(
    gunzipSync(readFileSync(join(source, `${name}.gz`))),
    name.startsWith('train') ? Number(count) : Number.POSITIVE_INFINITY,
  );
  writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
