import { mkdtempSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { memoryBlob } from '../base/blob.ts';
import { idxFile, npyFile } from '../data/array-files.testing.ts';
import { saveModel } from '../onnx/files.ts';
import { checkModel, checkRecipe } from './check.ts';
import { createFileFacts } from './file-facts.ts';
import { smallClassifier } from './shared/sketch.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-check-'));
const path = (name: string) => join(folder, name);
const recipe = path('a.pare.yaml');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (model = 'm.onnx', images = 'images.gz', labels = 'labels.npy') =>
  `model: ${model}\ndata: {test: {images: ${images}, labels: ${labels}}}\nsteps: [optimize: {}]\n`;
/** Code, and the text of the recipe that it stands at. */
const found = (recipeText: string) =>
  checkRecipe(recipeText, recipe).map(({ code, range }) => [
    code,
    recipeText.slice(range!.start, range!.end),
  ]);

beforeEach(() => {
  saveModel(smallClassifier(), path('m.onnx'));
  writeFileSync(path('images.gz'), gzipSync(idxFile('uint8', [6, 8, 8], new Uint8Array(6 * 64))));
  writeFileSync(path('labels.npy'), npyFile('|u1', [6], new Uint8Array(6)));
});

describe('a recipe', () => {
  it('with good files has no problems', () => {
    expect(found(text())).toEqual([]);
  });
  it('names a file that is not there', () => {
    expect(found(text('nowhere.onnx'))).toEqual([['file-missing', 'nowhere.onnx']]);
    expect(found(text('m.onnx', 'nowhere.gz'))).toEqual([['file-missing', 'nowhere.gz']]);
    expect(found(text('m.onnx', 'images.gz', 'nowhere.npy'))).toEqual([['file-missing', 'nowhere.npy']]);
  });
  it('names further inputs that have too few rows, and a tokenizer that is not there', () => {
    writeFileSync(path('mask.npy'), npyFile('|u1', [5, 4], new Uint8Array(20)));
    writeFileSync(path('t.jsonl'), '{"text": "a"}\n');
    const at = (data: string, ...codes: readonly string[]) =>
      expect(
        found(`model: m.onnx\ndata: {test: {${data}}}\nsteps: [optimize: {}]\n`).filter(([code]) =>
          codes.includes(code!),
        ),
      );
    at('images: images.gz, inputs: {mask: mask.npy}', 'data-inputs').toEqual([['data-inputs', 'mask.npy']]);
    at('images: images.gz, limit: 5, inputs: {mask: mask.npy}', 'data-inputs').toEqual([]);
    at('images: images.gz, inputs: {mask: none.npy}', 'file-missing').toEqual([['file-missing', 'none.npy']]);
    at('images: t.jsonl, tokenizer: vocab.txt', 'file-missing').toEqual([['file-missing', 'vocab.txt']]);
  });

  it('names a folder, or what is no model', () => {
    expect(found(text('.'))).toEqual([['file-unreadable', '.']]);
    expect(found(text('images.gz'))).toEqual([['not-a-model', 'images.gz']]);
  });
  it('names a model that is cut off', () => {
    for (const share of [0.3, 0.6, 0.95]) {
      saveModel(smallClassifier(), path('cut.onnx'));
      truncateSync(path('cut.onnx'), Math.floor(statSync(path('cut.onnx')).size * share));
      expect(found(text('cut.onnx'))).toEqual([['model-truncated', 'cut.onnx']]);
    }
  });
  it('names data of another size, and labels of another length', () => {
    writeFileSync(path('wide.npy'), npyFile('|u1', [6, 9, 9], new Uint8Array(6 * 81)));
    expect(found(text('m.onnx', 'wide.npy'))).toEqual([['data-shape', 'wide.npy']]);
    writeFileSync(path('five.npy'), npyFile('|u1', [5], new Uint8Array(5)));
    expect(found(text('m.onnx', 'images.gz', 'five.npy'))).toEqual([['data-labels', 'five.npy']]);
  });
});

it('a model whose data lie outside of its folder, or nowhere, is a problem of its tensor', () => {
  const model = smallClassifier();
  const weights = model.graph.initializers.get('fc.weight')!;
  const save = (location: string) => {
    const external = { ...memoryBlob(weights.data.read()), external: { location, offset: 0 } };
    model.graph.setInitializer({ ...weights, data: external });
    saveModel(model, path('external.onnx'), { external: true });
  };
  save('external.onnx.data');
  expect(checkModel(path('external.onnx')).filter(({ severity }) => severity === 'error')).toEqual([]);
  rmSync(path('external.onnx.data'));
  expect(checkModel(path('external.onnx'))).toMatchObject([{ code: 'external-missing', name: 'fc.weight' }]);
});

it('a file is read again when it has changed, and only then', () => {
  const facts = createFileFacts();
  const first = facts.model(path('m.onnx'));
  expect(facts.model(path('m.onnx'))).toBe(first);
  utimesSync(path('m.onnx'), 1, 1);
  expect(facts.model(path('m.onnx'))).not.toBe(first);
  const source = { images: 'images.gz', labels: 'labels.npy' };
  const data = facts.dataset(source, folder);
  expect(facts.dataset(source, folder)).toBe(data);
  writeFileSync(path('labels.npy'), npyFile('|u1', [5], new Uint8Array(5)));
  expect(facts.dataset(source, folder)).toMatchObject({ samples: 6, labels: 5 });
});
