import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openModel } from '../../server/src/onnx/files.ts';
import { modelBytes } from '../../server/src/onnx/write.ts';
import { pare, root, temporaryFolder } from './pare.ts';

const fixture = join(root, 'test/fixtures/onnx/everything.onnx');

test('a model printed and built again is the same model, with what text cannot say', async () => {
  const folder = temporaryFolder();
  copyFileSync(fixture, join(folder, 'model.onnx'));
  const printed = await pare(['text', 'model.onnx', '-o', 'model.txt'], { cwd: folder });
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  const built = await pare(['build', 'model.txt', '--like', 'model.onnx', '-o', 'again.onnx'], {
    cwd: folder,
  });
  expect(built).toMatchObject({ code: 0, stderr: '' });
  expect(modelBytes(openModel(join(folder, 'again.onnx')))).toEqual(modelBytes(openModel(fixture)));
});

test('weights stay out of a text: in a file beside it, or in the model itself', async () => {
  const folder = temporaryFolder();
  const values = Array.from({ length: 200 }, (_, i) => i).join(', ');
  writeFileSync(
    join(folder, 'small.txt'),
    `<ir_version: 8, opset_import: ["": 17]>\ng (float[200] x) => (float[200] y) <float[200] w = {${values}}> { y = Add (x, w) }`,
  );
  expect((await pare(['build', 'small.txt', '-o', 'a.onnx'], { cwd: folder })).code).toBe(0);
  await pare(['text', 'a.onnx', '-o', 'beside.txt'], { cwd: folder });
  const { stdout } = await pare(['text', 'a.onnx'], { cwd: folder });
  writeFileSync(join(folder, 'inside.txt'), stdout);
  expect(stdout).toContain('"location": "a.onnx"');
  expect(readFileSync(join(folder, 'beside.txt'), 'utf8')).toContain('"location": "beside.txt.data"');
  const original = modelBytes(openModel(join(folder, 'a.onnx')));
  for (const text of ['beside.txt', 'inside.txt']) {
    expect((await pare(['build', text, '-o', 'b.onnx'], { cwd: folder })).code).toBe(0);
    expect(modelBytes(openModel(join(folder, 'b.onnx')))).toEqual(original);
  }
  const over = await pare(['build', 'inside.txt', '-o', 'a.onnx', '--json'], { cwd: folder });
  expect(over.code).toBe(2);
  expect(over.json()).toMatchObject({ error: { code: 'output-is-source' } });
});

test('a text that is no model is refused with line and column', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bad.txt'), 'g (float[2] x) => (float[2] y) {\n  y = Relu (x\n}\n');
  const { code, stderr } = await pare(['build', 'bad.txt', '-o', 'bad.onnx'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain("3:1: ')' was expected");
});
