import { RunFailed } from '../base/errors.ts';
import type { Model } from '../ir/model.ts';
import type { MemoryOptions } from '../steps/runner.ts';
import { runChild } from './child.ts';
import { emptyModel } from './empty-model.ts';
import { withModelFile } from './model-file.ts';

/*
 * A model that does nothing is run first: what the runtime itself takes is not the model's.
 * The peak before the model is loaded may be above what is resident then: only a peak that the model raises counts as its
 * own, else what is resident after the run.
 */
const script = `
  const options = { executionProviders: [input.provider], logSeverityLevel: 4 };
  if (input.threads) Object.assign(options, { intraOpNumThreads: input.threads, interOpNumThreads: 1 });
  const peak = () => process.resourceUsage().maxRSS * 1024;
  const empty = await ort.InferenceSession.create(Buffer.from(input.empty, 'base64'), options);
  await empty.run({ x: new ort.Tensor('float32', new Float32Array(1), [1]) });
  const before = { peak: peak(), resident: process.memoryUsage.rss() };
  const session = await ort.InferenceSession.create(input.path, options);
  const bits = { float32: Float32Array, float64: Float64Array, float16: Uint16Array, int64: BigInt64Array, uint64: BigUint64Array,
    int32: Int32Array, uint32: Uint32Array, int16: Int16Array, uint16: Uint16Array, int8: Int8Array };
  const feeds = {};
  for (const { name, type, shape } of session.inputMetadata) {
    const dims = input.dims[name] ?? shape.map((dim) => (typeof dim === 'number' ? dim : 1));
    const count = dims.reduce((a, b) => a * b, 1);
    const data = type === 'string' ? new Array(count).fill('') : new (bits[type] ?? Uint8Array)(count);
    feeds[name] = new ort.Tensor(type, data, dims);
  }
  await session.run(feeds, session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name));
  const after = peak();
  answer((after > before.peak ? after : process.memoryUsage.rss()) - before.resident);
`;

/**
 * Resident memory in bytes that loading the model and running it once on zeros adds to a fresh process, at its peak.
 * Throws `memory-failed` when the model does not load or run there.
 */
export async function peakMemory(
  model: Model | Uint8Array | { readonly path: string },
  { dims = {}, threads, provider = 'cpu', ...options }: MemoryOptions = {},
): Promise<number> {
  const { answer, stderr } = await withModelFile(model, (path) =>
    runChild(
      script,
      { path, dims, threads: threads ?? null, empty: Buffer.from(emptyModel()).toString('base64'), provider },
      options,
    ),
  );
  if (typeof answer !== 'number')
    throw new RunFailed(
      'memory-failed',
      `The model's memory cannot be measured: ${stderr.trim().slice(-2000)}`,
    );
  return Math.max(0, answer);
}
