import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../server/src/ir/create-model.ts';
import { Graph } from '../../server/src/ir/graph.ts';
import type { Model } from '../../server/src/ir/model.ts';
import { createNode } from '../../server/src/ir/node.ts';
import { tensor } from '../../server/src/ir/tensor.ts';
import { tensorType } from '../../server/src/ir/value-type.ts';
import { writeModel } from '../../server/src/onnx/write.ts';
import { example, type Outcome, pare, temporaryFolder } from './pare.ts';

interface Fault {
  readonly what: string;
  readonly code: string;
  /** A part of the place and of the message that a person must see. */
  readonly place: string | RegExp;
  readonly message: RegExp;
  readonly break: (folder: string, recipe: string) => string | undefined;
}

const idx = (bytes: Uint8Array, ...dims: number[]): Uint8Array => {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head[2] = 8;
  head[3] = dims.length;
  dims.forEach((dim, index) => {
    head.writeUInt32BE(dim, 4 + 4 * index);
  });
  return gzipSync(Buffer.concat([head, bytes]));
};

/** A model whose weights are said to lie outside of its folder. */
function escaping(): Uint8Array {
  const graph = new Graph('g');
  graph.inputs.push({ name: 'image', type: tensorType('float', ['N', 1, 28, 28]) });
  graph.outputs.push({ name: 'logits', type: tensorType('float', ['N', 1, 28, 28]) });
  graph.setInitializer(tensor('w', 'float', [1, 1, 28, 28], new Float32Array(784)));
  graph.add([createNode('Add', ['image', 'w'], ['logits'])]);
  const model: Model = createModel(graph, 18);
  return Buffer.concat([
    ...writeModel(
      model,
      () =>
        new Map([
          ['location', '../outside.bin'],
          ['length', '3136'],
        ]),
    ).chunks(),
  ]);
}

const faults: readonly Fault[] = [
  {
    what: 'a cut-off model',
    code: 'model-truncated',
    place: 'lenet5.onnx',
    message: /cut off/,
    break: (folder) =>
      void writeFileSync(
        join(folder, 'lenet5.onnx'),
        readFileSync(join(example, 'lenet5.onnx')).subarray(0, 900_000),
      ),
  },
  {
    what: 'a file that is no model',
    code: 'not-a-model',
    place: 'lenet5.onnx',
    message: /not an ONNX model/,
    break: (folder) => void writeFileSync(join(folder, 'lenet5.onnx'), 'hello, world\n'),
  },
  {
    what: 'missing data',
    code: 'file-missing',
    place: 't10k-gone.gz',
    message: /no file/,
    break: (_, recipe) => recipe.replace('t10k-images-idx3-ubyte.gz', 't10k-gone.gz'),
  },
  {
    what: 'labels of another length',
    code: 'data-labels',
    place: /recipe|labels/,
    message: /10000 .*12|12 .*10000/,
    break: (folder) =>
      void writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), idx(new Uint8Array(12), 12)),
  },
  {
    what: 'an image size that does not fit',
    code: 'data-shape',
    place: /recipe|images/,
    message: /14.*28|28.*14/,
    break: (folder) => {
      writeFileSync(join(folder, 't10k-images-idx3-ubyte.gz'), idx(new Uint8Array(14 * 14 * 4), 4, 14, 14));
      writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), idx(new Uint8Array(4), 4));
      return undefined;
    },
  },
  {
    what: 'an unknown step',
    code: 'unknown-step',
    place: /pare\.yaml:\d+:\d+/,
    message: /quantise.*quantize/,
    break: (_, recipe) => recipe.replace('- quantize:', '- quantise:'),
  },
  {
    what: 'an unknown layer',
    code: 'unknown-layer',
    place: /pare\.yaml:\d+:\d+/,
    message: /cnov1.*conv1/,
    break: (_, recipe) => recipe.replace('  conv1:', '  cnov1:'),
  },
  {
    what: 'broken YAML',
    code: 'recipe-syntax',
    place: /pare\.yaml:\d+:\d+/,
    message: /YAML/,
    break: (_, recipe) => recipe.replace('seed: 1', 'seed: [1'),
  },
  {
    what: 'external data outside of the folder',
    code: 'external-outside',
    place: /lenet5\.onnx|w/,
    message: /outside/,
    break: (folder) => {
      writeFileSync(join(folder, 'lenet5.onnx'), escaping());
      writeFileSync(join(folder, '..', 'outside.bin'), new Uint8Array(3136));
      return undefined;
    },
  },
];

function setUp(): { readonly folder: string; readonly recipe: string } {
  const folder = join(temporaryFolder(), 'work');
  mkdirSync(folder);
  for (const name of [
    'lenet5.onnx',
    'train-images-idx3-ubyte.gz',
    'train-labels-idx1-ubyte.gz',
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
    'fashion.pare.yaml',
  ]) {
    copyFileSync(join(example, name), join(folder, name));
    chmodSync(join(folder, name), 0o644);
  }
  return { folder, recipe: join(folder, 'fashion.pare.yaml') };
}

function expectError(outcome: Outcome, { code, place, message }: Omit<Fault, 'what' | 'break'>): void {
  expect(outcome.stderr).toContain(`[${code}]`);
  expect(outcome.stderr).toMatch(place);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.stderr).not.toContain('    at ');
  expect(outcome.code).toBe(2);
}

describe('bad input gives a code, a message, a place and exit code 2', () => {
  for (const fault of faults) {
    it(fault.what, async () => {
      const { folder, recipe } = setUp();
      const changed = fault.break(folder, readFileSync(recipe, 'utf8'));
      if (changed !== undefined) writeFileSync(recipe, changed);
      const outcome = await pare(['run', recipe]);
      expectError(outcome, fault);
      const asJson = await pare(['run', recipe, '--json']);
      expect(asJson.json()).toMatchObject({ error: { code: fault.code } });
      expect(existsSync(join(folder, '.pare', 'runs'))).toBe(false);
    });
  }

  it('an unwritable output folder', async () => {
    const { folder, recipe } = setUp();
    writeFileSync(join(folder, 'a-file'), '');
    expectError(await pare(['run', recipe, '--out', join(folder, 'a-file', 'run')]), {
      code: 'cannot-write',
      place: 'a-file',
      message: /cannot be written/,
    });
  });

  it('a source model is never overwritten', async () => {
    const { folder } = setUp();
    const model = join(folder, 'lenet5.onnx');
    const before = readFileSync(model);
    expectError(await pare(['optimize', model, '-o', model]), {
      code: 'would-overwrite',
      place: 'lenet5.onnx',
      message: /never overwrites/,
    });
    expect(readFileSync(model).equals(before)).toBe(true);
  });

  it('an option that does not exist, and one out of range', async () => {
    expectError(await pare(['inspect', join(example, 'lenet5.onnx'), '--wrong']), {
      code: 'usage',
      place: /./,
      message: /--wrong/,
    });
    expectError(await pare(['prune', join(example, 'lenet5.onnx'), '--sparsity', '250 %']), {
      code: 'bad-option',
      place: /./,
      message: /between 0 % and 100 %/,
    });
  });
});

it('the test data are whole', () => {
  expect(gunzipSync(readFileSync(join(example, 't10k-images-idx3-ubyte.gz'))).length).toBe(16 + 10_000 * 784);
});
