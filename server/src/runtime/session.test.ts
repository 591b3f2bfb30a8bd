import { describe, expect, it } from 'vitest';
import { int } from '../ir/attribute.ts';
import { createModel } from '../ir/create-model.ts';
import type { DataType } from '../ir/data-type.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import { createNode, type Node } from '../ir/node.ts';
import { tensor } from '../ir/tensor.ts';
import { tensorType, type ValueType } from '../ir/value-type.ts';
import { ortRunner } from './session.ts';

function model(inputs: Record<string, ValueType>, outputs: Record<string, ValueType>, nodes: Node[]): Model {
  const graph = new Graph();
  graph.inputs.push(...Object.entries(inputs).map(([name, type]) => ({ name, type })));
  graph.outputs.push(...Object.entries(outputs).map(([name, type]) => ({ name, type })));
  graph.setInitializer(tensor('one', 'float', [], [1]));
  graph.add(nodes);
  return createModel(graph);
}
const identity = (type: DataType) =>
  model({ x: tensorType(type, ['N']) }, { y: tensorType(type, ['N']) }, [
    createNode('Identity', ['x'], ['y']),
  ]);

describe('a session', () => {
  it.each<[DataType, NdArray['data']]>([
    ['float', Float32Array.of(0.5, -1)],
    ['double', Float64Array.of(0.1, -1e300)],
    ['float16', Uint16Array.of(0x3c00, 0xc100)],
    ['int8', Int8Array.of(-128, 127)],
    ['uint8', Uint8Array.of(0, 255)],
    ['int16', Int16Array.of(-32768, 32767)],
    ['uint16', Uint16Array.of(0, 65535)],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['uint32', Uint32Array.of(0, 2 ** 32 - 1)],
    ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ['uint64', BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ['bool', Uint8Array.of(1, 0)],
    ['string', ['', 'größer']],
  ])('passes %s in and out unchanged', async (type, data) => {
    const session = await ortRunner.open(identity(type));
    expect(session.inputs).toEqual([{ name: 'x', type: tensorType(type, ['N']) }]);
    const { y } = await session.run({ x: { type, dims: [2], data } });
    expect(y).toEqual({ type, dims: [2], data });
    await session.close();
  });

  it('refuses a model with a 4-bit output, which would end the process', async () => {
    const packed = model({ x: tensorType('float', ['N']) }, { y: tensorType('int4', ['N']) }, [
      createNode('QuantizeLinear', ['x', 'one'], ['y'], { attributes: { output_dtype: int(22) } }),
    ]);
    await expect(ortRunner.open(packed)).rejects.toMatchObject({ code: 'session-failed', exitCode: 3 });
  });

  it('refuses what is no model, and a file that does not exist', async () => {
    for (const bad of [Uint8Array.of(1, 2, 3), { path: 'none.onnx' }])
      await expect(ortRunner.open(bad)).rejects.toMatchObject({
        code: 'session-failed',
        hint: expect.any(String),
      });
  });

  it('leaves sequences out unless they are asked for, and then says why they do not come', async () => {
    const session = await ortRunner.open(
      model(
        { x: tensorType('float', ['N']) },
        { s: { kind: 'sequence', element: tensorType('float') }, y: tensorType('float', ['N']) },
        [createNode('SequenceConstruct', ['x'], ['s']), createNode('Neg', ['x'], ['y'])],
      ),
    );
    const feeds = { x: { type: 'float', dims: [1], data: Float32Array.of(2) } } as const;
    expect(await session.run(feeds)).toEqual({ y: { type: 'float', dims: [1], data: Float32Array.of(-2) } });
    await expect(session.run(feeds, ['s'])).rejects.toMatchObject({ code: 'run-failed' });
    await session.close();
  });

  it('computes into arrays that the caller keeps', async () => {
    const session = await ortRunner.open(
      model(
        { x: tensorType('float', ['N']) },
        { y: tensorType('float', ['N']), z: tensorType('bool', ['N']) },
        [createNode('Neg', ['x'], ['y']), createNode('Less', ['x', 'one'], ['z'])],
      ),
    );
    const x: NdArray = { type: 'float', dims: [3], data: Float32Array.of(1, 2, -3) };
    const y: NdArray = { type: 'float', dims: [3], data: new Float32Array(3) };
    await session.runInto({ x }, { y });
    expect(y.data).toEqual(Float32Array.of(-1, -2, 3));
    // The arrays stay the caller's: what is written into an input counts, and an output can become the next input.
    (x.data as Float32Array)[0] = 7;
    const z: NdArray = { type: 'bool', dims: [3], data: new Uint8Array(3) };
    await session.runInto({ x }, { y, z });
    expect([y.data, z.data]).toEqual([Float32Array.of(-7, -2, 3), Uint8Array.of(0, 0, 1)]);
    await session.runInto({ x: y }, { y: x });
    expect(x.data).toEqual(Float32Array.of(7, 2, -3));
    await session.close();
  });

  it('refuses an array of another size or type than the output', async () => {
    const session = await ortRunner.open(identity('float'));
    const x: NdArray = { type: 'float', dims: [2], data: Float32Array.of(1, 2) };
    for (const y of [
      { type: 'float', dims: [3], data: new Float32Array(3) },
      { type: 'int32', dims: [2], data: new Int32Array(2) },
    ] as const)
      await expect(session.runInto({ x }, { y })).rejects.toMatchObject({ code: 'run-failed' });
    await expect(session.run({})).rejects.toMatchObject({ code: 'run-failed' });
    await session.close();
  });
});
