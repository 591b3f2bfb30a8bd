import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoverRequest, type MarkupContent } from 'vscode-languageserver-protocol/node';
import { writeExample } from './example.ts';
import { positionOf, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  writeExample(server);
});
afterAll(() => server.stop());

async function hover(marked: string): Promise<string | undefined> {
  const { text, position } = positionOf(marked);
  const textDocument = { uri: await server.open(text) };
  const found = await server.connection.sendRequest(HoverRequest.type, { textDocument, position });
  return (found?.contents as MarkupContent | undefined)?.value;
}

const recipe = (layers: string) => `model: "small model.onnx"\nsteps:\n  - prune: {}\nlayers:\n${layers}\n`;

describe('on a layer', () => {
  it('says its shape and costs, and its share of the model', async () => {
    // Counted by hand: 4 kernels of 3x3 at 6x6 places are 1296 MACs, and 144 times 10 are 1440.
    expect(await hover(recipe('  co<|>nv1: {prune: {skip: true}}'))).toBe(
      [
        '**conv1**: Conv',
        '',
        '| | | of the model |',
        '|---|--:|--:|',
        '| Output | `float[N, 4, 6, 6]` | |',
        '| Parameters | 36 | 2.4 % |',
        '| Bytes | 144 B | 2.4 % |',
        '| MACs | 1.30 K | 47.4 % |',
      ].join('\n'),
    );
  });
  it('adds up what a pattern matches', async () => {
    const card = await hover(recipe('  "<|>*": {prune: {skip: true}}'));
    expect(card).toContain('matches 4 layers');
    expect(card).toContain('| Parameters | 1.48 K | 100.0 % |');
    expect(card).toContain('- `fc` (MatMul)');
  });
  it('is silent where there is no such layer', async () => {
    expect(await hover(recipe('  con<|>v9: {}'))).toBeUndefined();
  });
});

describe('on a setting', () => {
  it('says what it means, its default and its values', async () => {
    const card = await hover('steps:\n  - prune: {sc<|>ope: layer}\n');
    expect(card).toContain('**scope**');
    expect(card).toContain('Values: `global`, `layer`. Default: `global`.');
  });
  it('gives an example with its unit', async () => {
    expect(await hover('budget: {si<|>ze: 4 KB}\n')).toContain('For example `40 KB`, `5 MB`.');
  });
  it('describes a step with all its settings', async () => {
    const card = await hover('steps:\n  - pr<|>une: {}\n');
    expect(card).toContain('**prune**: ');
    expect(card).toContain('- `sparsity` (`50 %`)');
  });
  it('does not mix up neighbours', async () => {
    expect(await hover('model: a\n<|>seed: 1\n')).toContain('**seed**');
    expect(await hover('model: a\n\n<|>\nseed: 1\n')).toBeUndefined();
  });
});

it('on the model, says what it is', async () => {
  const card = await hover('model: "sma<|>ll model.onnx"\n');
  expect(card).toContain('| Input | `image`: `float[N, 1, 8, 8]` |');
  expect(card).toContain('| Parameters | 1.48 K, 5.90 KB |');
});
