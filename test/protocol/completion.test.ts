import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompletionItem, CompletionRequest } from 'vscode-languageserver-protocol/node';
import { writeExample } from './example.ts';
import { positionOf, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  writeExample(server);
});
afterAll(() => server.stop());

/** Labels offered at `<|>`, best first. */
async function offered(marked: string): Promise<readonly CompletionItem[]> {
  const { text, position } = positionOf(marked);
  const uri = await server.open(text);
  const items = await server.connection.sendRequest(CompletionRequest.type, {
    textDocument: { uri },
    position,
  });
  return [...(items as CompletionItem[])].sort((a, b) => (a.sortText! < b.sortText! ? -1 : 1));
}
const labels = async (marked: string) => (await offered(marked)).map(({ label }) => label);

/** The text after choosing an item, as an editor without snippets makes it. */
async function chosen(marked: string, label: string): Promise<string> {
  const { text } = positionOf(marked);
  const item = (await offered(marked)).find((candidate) => candidate.label === label)!;
  const edit = item.textEdit as {
    range: { start: { line: number; character: number }; end: { character: number } };
    newText: string;
  };
  const lines = text.split('\n');
  const line = lines[edit.range.start.line]!;
  lines[edit.range.start.line] =
    line.slice(0, edit.range.start.character) + edit.newText + line.slice(edit.range.end.character);
  return lines.join('\n');
}

describe('keys', () => {
  it('of the recipe, required ones first, without those that are there', async () => {
    const found = await labels('seed: 2\n<|>');
    expect(found.slice(0, 2)).toEqual(['model', 'steps']);
    expect(found).toContain('budget');
    expect(found).not.toContain('seed');
  });
  it('at the start of an empty recipe', async () => {
    expect(await labels('<|>')).toContain('model');
  });
  it('within a flow mapping', async () => {
    expect(await labels('budget: {size: 4 KB, <|>}\n')).toEqual(['accuracy-drop', 'latency', 'memory']);
  });
  it('of a step, in block and in flow', async () => {
    expect(await labels('steps:\n  - prune:\n      <|>')).toContain('sparsity');
    expect(await labels('steps:\n  - prune: {<|>}')).toContain('sparsity');
    expect(await labels('steps:\n  - distill: {student: {<|>}}')).toEqual(['input', 'layers']);
    expect(await labels('steps:\n  - prune:\n      sparsity: 50 %\n      <|>')).not.toContain('sparsity');
  });
  it('keep a colon that is there', async () => {
    expect(await chosen('mod<|>el: x\n', 'model')).toBe('model: x\n');
    expect(await chosen('see<|>\n', 'seed')).toBe('seed: \n');
  });
});

describe('steps', () => {
  it('behind a dash', async () => {
    expect(await labels('model: a\nsteps:\n  - <|>')).toEqual(expect.arrayContaining(['optimize', 'prune']));
    expect(await labels('model: a\nsteps:\n  - pr<|>\n')).toEqual(
      expect.arrayContaining(['optimize', 'prune']),
    );
    expect(await labels('steps:\n  - <|>optimize: {}\n')).toContain('prune');
  });
  it('write their settings', async () => {
    expect(await chosen('steps:\n  - pr<|>\n', 'prune')).toBe('steps:\n  - prune: {}\n');
  });
});

describe('outputs of the model', () => {
  const head = 'model: small model.onnx\n';
  it('as keys of targets', async () => {
    const recipe = `${head}data: {train: {images: data/images.npy, targets: {<|>}}}\nsteps: [finetune: {}]\n`;
    expect(await labels(recipe)).toEqual(['scores']);
    expect(await chosen(recipe, 'scores')).toContain('targets: {scores: }');
  });
  it('as what a loss is for', async () => {
    expect(await labels(`${head}steps:\n  - finetune: {outputs: [{output: <|>}]}\n`)).toEqual(['scores']);
  });
});

describe('values', () => {
  it('of an enumeration, the default first', async () => {
    expect(await labels('steps:\n  - prune: {scope: <|>}')).toEqual(['global', 'layer']);
  });
  it('with units', async () => {
    expect(await labels('budget:\n  size: <|>\n')).toEqual(['40 KB', '5 MB']);
    expect(await labels('budget: {latency: <|>}')).toEqual(['0.5 s', '2 ms']);
  });
  it('true and false', async () => {
    expect(await labels('layers:\n  conv1: {prune: {skip: <|>}}')).toEqual(['false', 'true']);
  });
});

describe('layers', () => {
  const head = 'model: "small model.onnx"\nsteps:\n  - prune: {}\nlayers:\n';
  it('of the model, in its order', async () => {
    expect(await labels(`${head}  <|>`)).toEqual(['conv1', 'fc']);
    expect(await labels(`${head}  conv1: {prune: {skip: true}}\n  <|>`)).toEqual(['fc']);
  });
  it('say what they cost', async () => {
    const [conv] = await offered(`${head}  <|>`);
    expect(conv!.detail).toBe('Conv, 36 parameters, 47.4 % of MACs');
  });
  it('offer the steps below', async () => {
    expect(await labels(`${head}  conv1: {<|>}`)).toContain('prune');
  });
});

describe('files', () => {
  it('models beside the recipe, quoted where that is needed', async () => {
    expect(await labels('model: <|>')).toEqual(['small model.onnx', 'data/']);
    for (const setting of ['teacher', 'student'])
      expect(await labels(`steps:\n  - distill: {${setting}: <|>}`)).toContain('small model.onnx');
    expect(await chosen('model: sm<|>', 'small model.onnx')).toBe('model: "small model.onnx"');
  });
  it('data in a folder', async () => {
    expect(await labels('data:\n  test:\n    images: data/<|>')).toEqual([
      'data/images.npy',
      'data/labels.npy',
    ]);
  });
});

it('offers nothing in a comment', async () => {
  expect(await labels('model: a # <|>')).toEqual([]);
});
