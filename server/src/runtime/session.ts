import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf, RunFailed } from '../base/errors.ts';
import type { DataType } from '../ir/data-type.ts';
import { symbol } from '../ir/dim.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import { tensorType } from '../ir/value-type.ts';
import { saveModel } from '../onnx/files.ts';
import { modelBytes, writeModel } from '../onnx/write.ts';
import type { Runner, Session, SessionOptions, SessionValue } from '../steps/runner.ts';

/** Models above this size go to the runtime through a file, so that they are not in memory twice. */
const largestInMemory = 2 ** 28;

const toOrt = (type: DataType): Tensor.Type =>
  (type === 'float' ? 'float32' : type === 'double' ? 'float64' : type) as Tensor.Type;
const fromOrt = (type: Tensor.Type): DataType =>
  type === 'float32' ? 'float' : type === 'float64' ? 'double' : type;

/** The runner on onnxruntime-node. */
export const ortRunner: Runner = {
  open: async (model, options = {}) => {
    try {
      return wrap(await create(model, settings(options)));
    } catch (error) {
      throw new RunFailed('session-failed', `onnxruntime cannot load the model: ${messageOf(error)}`, {
        hint: '`pare check` may say what is wrong with it.',
        cause: error,
      });
    }
  },
};

function settings({
  threads,
  optimization = 'all',
  provider = 'cpu',
}: SessionOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
  };
}

async function create(
  model: Model | Uint8Array | { readonly path: string },
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  if (model instanceof Uint8Array) return InferenceSession.create(model, options);
  if ('path' in model) return InferenceSession.create(model.path, options);
  if (writeModel(model).size <= largestInMemory) return InferenceSession.create(modelBytes(model), options);
  const folder = join(tmpdir(), `pare-${randomUUID()}`);
  mkdirSync(folder);
  try {
    const path = join(folder, 'model.onnx');
    saveModel(model, path);
    return await InferenceSession.create(path, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wrap(session: InferenceSession): Session {
  const values = (metadata: readonly InferenceSession.ValueMetadata[]): SessionValue[] =>
    metadata.map((value) => ({
      name: value.name,
      type: value.isTensor
        ? tensorType(
            fromOrt(value.type),
            value.shape.map((dim) => (typeof dim === 'string' ? symbol(dim) : dim)),
          )
        : tensorType('undefined'),
    }));
  return {
    inputs: values(session.inputMetadata),
    outputs: values(session.outputMetadata),
    run: async (feeds, fetch) => {
      try {
        const results = await session.run(
          Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toTensor(value)])),
          fetch ? [...fetch] : [...session.outputNames],
        );
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromTensor(value)]));
      } catch (error) {
        throw new RunFailed('run-failed', `onnxruntime cannot run the model: ${messageOf(error)}`, {
          cause: error,
        });
      }
    },
    close: () => session.release(),
  };
}

const toTensor = ({ type, dims, data }: NdArray): Tensor =>
  new Tensor(toOrt(type), data as Tensor.DataType, dims) as Tensor;
const fromTensor = (value: Tensor): NdArray => ({
  type: fromOrt(value.type),
  dims: value.dims,
  data: value.data as NdArray['data'],
});
