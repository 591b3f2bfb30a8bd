import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PareError } from '../base/errors.ts';
import { elements } from '../ir/tensor.ts';
import { readModel } from './read.ts';
import { modelBytes } from './write.ts';

const everything = new Uint8Array(
  readFileSync(new URL('../../../test/fixtures/onnx/everything.onnx', import.meta.url)),
);

/** How often the field that ONNX does not have (999, "new") stands in a file. */
function newerFields(bytes: Uint8Array): number {
  return Buffer.from(bytes).toString('latin1').split('\xba\x3e\x03new').length - 1;
}

describe('reading and writing', () => {
  test('a model with something in every corner of onnx.proto is written back whole', () => {
    const model = readModel(everything);
    const written = modelBytes(model);
    expect(modelBytes(readModel(written))).toEqual(written);
    expect(newerFields(everything)).toBe(7);
    expect(newerFields(written)).toBe(7);
    for (const text of [
      'gpu0',
      'SCALE_TENSOR',
      'batch size',
      'DATA_BATCH',
      'TENSOR',
      'N+1',
      'ai.test',
      'the largest',
    ])
      expect(Buffer.from(written).includes(text)).toBe(true);
    const again = readModel(written);
    expect(again.metadata).toEqual(model.metadata);
    expect(again.graph.nodes[0]!.metadata.get('stack')).toBe('line 1\nline 2');
    expect(again.graph.valueInfo.get('chosen')!.type).toMatchObject({
      notes: [{ text: 'N+1' }, {}, { value: -1 }],
    });
    expect(again.graph.initializers.get('text')!.rawStrings![1]).toEqual(
      Uint8Array.of(0xff, ...Buffer.from('raw')),
    );
    expect(again.graph.nodes[2]!.attributes.get('big')).toMatchObject({ value: 2n ** 63n - 1n });
  });

  test('typed fields and raw data hold the same', () => {
    const { initializers } = readModel(everything).graph;
    const values = (name: string) => Array.from(elements(initializers.get(name)!) as ArrayLike<number>);
    expect(values('outer scale')).toEqual([1, 2, -0, Number.NaN]);
    expect(values('raw')).toEqual([5, 6]);
    expect(values('nibbles')).toEqual([-8, 7, 1]);
    expect(values('crumbs')).toEqual([0, 1, 2, 3, 1]);
    expect(values('ints')).toEqual([-1n, 2n ** 62n]);
    expect(values('wide')).toEqual([2n ** 64n - 1n]);
    expect(values('half')).toEqual([0x3c00, 0xc100, 0x7bff]);
    expect(values('yes')).toEqual([1, 0]);
    expect(values('double')).toEqual([1e-310]);
  });

  test('cut off at any byte, it is a shorter model or a PareError', () => {
    let refused = 0;
    for (let length = 0; length < everything.byteLength; length++) {
      try {
        readModel(everything.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(PareError);
        refused++;
      }
    }
    // What follows the graph is a few fields: only between those can a cut go unseen.
    expect(refused).toBeGreaterThan(everything.byteLength - 20);
  });

  test('with any one byte changed, it is a model or a PareError', () => {
    fc.assert(
      fc.property(fc.nat(everything.byteLength - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const bytes = everything.slice();
        bytes[at] = value;
        try {
          modelBytes(readModel(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['text', '<ir_version: 8>\ngraph () => () {}'],
    ['a zip archive', 'PK\x03\x04\x14\x00\x00\x00\x08\x00'],
    ['an image', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR'],
    ['HDF5', '\x89HDF\r\n\x1a\n\x00\x00\x00\x00\x00\x08\x08\x00'],
    ['JSON', '{"format": "layers-model"}'],
    ['a pickle', '\x80\x02}q\x00X\x05\x00\x00\x00'],
    ['a message without a graph', '\x08\x08\x12\x04pare'],
  ])('%s is not a model', (_, text) => {
    expect(() => readModel(Buffer.from(text, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'not-a-model' }),
    );
  });

  test('messages nested 1,200 deep are refused, not followed', () => {
    // graph { node { attribute { g { node { ... : each layer is a length-delimited field around the one before.
    const layers = [0x3a, ...Array(400).fill([0x0a, 0x2a, 0x32]).flat()];
    let inner: number[] = [];
    for (const tag of layers.reverse()) inner = [tag, ...varint(inner.length), ...inner];
    expect(() => readModel(Uint8Array.from(inner))).toThrow(
      expect.objectContaining({ code: 'model-damaged' }),
    );
  });

  test.each([
    ['dims whose product overflows', [[2 ** 31, 2 ** 31, 2 ** 31], 1]],
    ['a negative dim', [[-1], 1]],
    ['more elements than there are data', [[2 ** 40], 1]],
    ['an element type that ONNX does not have', [[1], 99]],
  ] as const)('a tensor with %s is refused before anything is allocated', (_, [dims, type]) => {
    const tensor = [...dims.flatMap((dim) => [0x08, ...varint(dim)]), 0x10, type, ...[0x4a, 4, 0, 0, 0, 0]];
    const graph = [0x2a, ...varint(tensor.length), ...tensor];
    const bytes = Uint8Array.from([0x3a, ...varint(graph.length), ...graph]);
    expect(() => readModel(bytes)).toThrow(PareError);
  });
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}
