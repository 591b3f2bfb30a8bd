import { env, InferenceSession } from 'onnxruntime-node';
import { messageOf, RunFailed } from '../base/errors.ts';
import { symbol } from '../ir/dim.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import { tensorType } from '../ir/value-type.ts';
import { modelBytes, writeModel } from '../onnx/write.ts';
import type { Runner, Session, SessionOptions, SessionValue } from '../steps/runner.ts';
import { blockedChannels } from './blocked-channels.ts';
import { peakMemory } from './memory.ts';
import { withModelFile } from './model-file.ts';
import { providerFault } from './providers.ts';
import { fromOrtType, fromTensor, isPassable, toTensor } from './values.ts';

/** Models above this size go to the runtime through a file, so that they are not in memory twice. */
const largestInMemory = 2 ** 28;

/** Errors reach the caller as exceptions: the runtime need not print them as well. */
const silent = 4;

/** The runner on onnxruntime-node. */
export const ortRunner: Runner = {
  peakMemory,
  blockedChannels,
  providerFault,
  open: async (model, options = {}) => {
    try {
      env.logLevel = 'fatal';
      const session = await create(model, settings(options));
      const refused = refuse(session);
      if (refused) {
        await session.release();
        throw new Error(refused);
      }
      return wrap(session);
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
  memoryPattern = true,
  provider = 'cpu',
}: SessionOptions): InferenceSession.SessionOptions {
  return {
    // Alone: beside another one, the interface would leave out a provider that is not there without a word.
    executionProviders: [provider],
    graphOptimizationLevel: optimization,
    enableMemPattern: memoryPattern,
    logSeverityLevel: silent,
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
  return withModelFile(model, (path) => InferenceSession.create(path, options));
}

/** Why a model that loads must not run: the JavaScript interface ends the whole process on such an output. */
function refuse({ inputMetadata, outputMetadata }: InferenceSession): string | undefined {
  const value = [...inputMetadata, ...outputMetadata].find(
    (candidate) => candidate.isTensor && !isPassable(fromOrtType(candidate.type)),
  );
  return value?.isTensor
    ? `'${value.name}' has type ${value.type}, which its JavaScript interface cannot pass`
    : undefined;
}

function wrap(session: InferenceSession): Session {
  const values = (metadata: readonly InferenceSession.ValueMetadata[]): SessionValue[] =>
    metadata.map((value) => ({
      name: value.name,
      type: value.isTensor
        ? tensorType(
            fromOrtType(value.type),
            value.shape.map((dim) => (typeof dim === 'string' ? symbol(dim) : dim)),
          )
        : tensorType('undefined'),
    }));
  const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
  const wanted = tensors.length > 0 ? tensors : [...session.outputNames];
  return {
    inputs: values(session.inputMetadata),
    outputs: values(session.outputMetadata),
    run: async (feeds, fetch) => {
      const results = await attempt(() => session.run(mapped(feeds), fetch ? [...fetch] : wanted));
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromTensor(value)]));
    },
    runInto: async (feeds, outputs) => {
      await attempt(() => session.run(mapped(feeds), mapped(outputs)));
    },
    close: () => session.release(),
  };
}

const mapped = (arrays: Readonly<Record<string, NdArray>>): InferenceSession.OnnxValueMapType =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, toTensor(value)]));

async function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new RunFailed('run-failed', `onnxruntime cannot run the model: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
