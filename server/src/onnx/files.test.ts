import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { elements, tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { openModel, saveModel } from './files.ts';
import { modelBytes, writeModel } from './write.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pare-files-'));
  mkdirSync(join(folder, 'inside'));
  writeFileSync(join(folder, 'outside.bin'), new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  writeFileSync(join(folder, 'inside', 'near.bin'), new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function modelOf(values: readonly number[]): Model {
  const graph = new Graph('g');
  graph.outputs.push({ name: 'w', type: tensorType('float', [values.length]) });
  graph.setInitializer(tensor('w', 'float', [values.length], values));
  return createModel(graph);
}

/** A model in `inside` whose one tensor, of four floats, lies where `entries` say. */
function withExternal(entries: Record<string, string>): string {
  const path = join(folder, 'inside', 'model.onnx');
  const message = writeModel(modelOf([0, 0, 0, 0]), () => new Map(Object.entries(entries)));
  writeFileSync(path, Buffer.concat([...message.chunks()]));
  return path;
}

describe('external data', () => {
  test('beside the model are read, from their offset', () => {
    const path = withExternal({ location: 'near.bin', offset: '0', length: '16' });
    expect([...elements(openModel(path).graph.initializers.get('w')!)]).toEqual([1, 2, 3, 4]);
    expect(openModel(path).graph.initializers.get('w')!.data.external).toEqual({
      location: 'near.bin',
      offset: 0,
    });
  });

  test('may lack offset and length', () => {
    const path = withExternal({ location: './near.bin' });
    expect([...elements(openModel(path).graph.initializers.get('w')!)]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ['above the folder', () => '../outside.bin', 'external-outside'],
    ['above the folder by a detour', () => 'x/../../outside.bin', 'external-outside'],
    ['at an absolute path', () => join(folder, 'outside.bin'), 'external-outside'],
    ['at an absolute path inside the folder', () => join(folder, 'inside', 'near.bin'), 'external-outside'],
    ['nowhere', () => '', 'external-outside'],
    ['in the folder itself', () => '.', 'external-outside'],
    ['in a file that is not there', () => 'gone.bin', 'external-missing'],
    ['in a name that no file can have', () => 'a\0b', 'external-missing'],
    ['in a name that is too long', () => 'a'.repeat(5000), 'external-missing'],
    [
      'behind a link that leaves the folder',
      () => {
        symlinkSync(join(folder, 'outside.bin'), join(folder, 'inside', 'link.bin'));
        return 'link.bin';
      },
      'external-outside',
    ],
    [
      'in a folder',
      () => {
        mkdirSync(join(folder, 'inside', 'folder.bin'));
        return 'folder.bin';
      },
      'external-missing',
    ],
  ])('%s are refused', (_, location, code) => {
    expect(() => openModel(withExternal({ location: location() }))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test.each([
    { offset: '4' },
    { offset: '-4' },
    { offset: '0.5' },
    { offset: '1e308' },
    { offset: 'x' },
    { length: '8' },
    { length: String(2 ** 62) },
  ])('at %j of a file of 16 bytes are refused', (entries) => {
    expect(() => openModel(withExternal({ location: 'near.bin', ...entries }))).toThrow(
      expect.objectContaining({ code: 'external-size' }),
    );
  });
});

describe('saving', () => {
  test('a model saved with its constants beside it is the same model', () => {
    const model = modelOf([...Array(1000).keys()]);
    const path = join(folder, 'saved.onnx');
    saveModel(model, path, { external: true });
    const read = openModel(path);
    expect(read.graph.initializers.get('w')!.data.external?.location).toBe('saved.onnx.data');
    expect(modelBytes(read)).toEqual(modelBytes(model));
  });

  test('leaves no temporary file, whether it worked or not', () => {
    const into = join(folder, 'clean');
    saveModel(modelOf([1]), join(into, 'a.onnx'));
    mkdirSync(join(into, 'taken.onnx'));
    expect(() => saveModel(modelOf([1]), join(into, 'taken.onnx'))).toThrow(
      expect.objectContaining({ code: 'cannot-write' }),
    );
    expect(readdirSync(into).sort()).toEqual(['a.onnx', 'taken.onnx']);
  });

  test('a missing file and a folder are told apart from damaged models', () => {
    expect(() => openModel(join(folder, 'none.onnx'))).toThrow(
      expect.objectContaining({ code: 'file-missing' }),
    );
    expect(() => openModel(folder)).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
  });
});
