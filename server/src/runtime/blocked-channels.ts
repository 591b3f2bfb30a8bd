import { InferenceSession, Tensor } from 'onnxruntime-node';
import { blockedDomain } from '../ir/blocked-domain.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { createNode } from '../ir/node.ts';
import { tensorType } from '../ir/value-type.ts';
import { modelBytes } from '../onnx/write.ts';

let known: Promise<number | undefined> | undefined;

/**
 * Channels in a block of the processor's blocked convolution kernels; undefined where onnxruntime has none. Found by letting
 * it bring two pixels to blocks: the second pixel's first channel lies right behind the first pixel's block.
 */
export const blockedChannels = (): Promise<number | undefined> => (known ??= probe());

async function probe(): Promise<number | undefined> {
  const shape = [1, 64, 1, 2];
  const graph = new Graph('blocks');
  graph.inputs.push({ name: 'x', type: tensorType('float', shape) });
  graph.outputs.push({ name: 'y', type: tensorType('float', shape) });
  graph.add([createNode('ReorderInput', ['x'], ['y'], { domain: blockedDomain })]);
  try {
    const session = await InferenceSession.create(
      modelBytes(createModel(graph, 21, { [blockedDomain]: 1 })),
      {
        logSeverityLevel: 4,
        intraOpNumThreads: 1,
      },
    );
    const data = Float32Array.from({ length: 128 }, (_, i) => i);
    const { y } = await session.run({ x: new Tensor('float32', data, shape) });
    await session.release();
    const block = (y!.data as Float32Array).indexOf(1);
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}
