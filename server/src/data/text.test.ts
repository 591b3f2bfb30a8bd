import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../base/errors.ts';
import type { Batch, Dataset } from './dataset.ts';
import { describeDataset } from './facts.ts';
import { readJsonl } from './jsonl.ts';
import { openDataset } from './open.ts';
import { dataSource } from './source.ts';
import { openTokenizer } from './tokenizer.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const source = (value: Record<string, unknown>) => dataSource.parse(value);
const lines = (...values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
async function only(dataset: Dataset): Promise<Batch> {
  for await (const batch of dataset.batches(dataset.size)) return batch;
  throw new Error('no batch');
}
const encode = async (tokenizer: string, text: string, length = 99) =>
  (await openTokenizer({ tokenizer, vocabulary: 50 }, folder)).encode(text, length);

describe('a file of JSON lines', () => {
  it('holds texts and labels by the keys that are named; blank lines are none', () => {
    const path = file(
      'mixed.jsonl',
      `\ufeff${lines({ body: 'a\nb', kind: 'ham' })}\r\n\r\n \t\n${lines({ kind: 3, body: 'é' }, { body: '', kind: true })}`,
    );
    expect(readJsonl(path, 'body', 'kind')).toEqual({
      texts: ['a\nb', 'é', ''],
      labels: ['ham', '3', 'true'],
    });
    expect(describeDataset({ images: 'mixed.jsonl', labels: 'kind' }, folder)).toMatchObject({
      samples: 3,
      labels: 3,
    });
  });

  it.each([
    ['no JSON', '{"text": "a"}\n{"text": ', 'data-format', 'Line 2', undefined],
    ['no object', '\n\n["text"]', 'data-format', 'Line 3', undefined],
    [
      'no text',
      '{"text": "a"}\n\n{"txt": "b"}',
      'data-format',
      "Line 3 of '.*' has no 'text'. Did you mean 'txt'",
      undefined,
    ],
    ['another type', '{"text": 7}', 'data-format', 'in line 1', undefined],
    ['no label', '{"text": "a", "label": 1}\n{"text": "b"}', 'data-labels', 'Line 2', 'label'],
    ['a label of parts', '{"text": "a", "label": [1]}', 'data-labels', 'in line 1', 'label'],
    ['names that objects have', '{"text": "a"}', 'data-labels', 'Line 1', 'constructor'],
  ])('is refused with its line: %s', (_, content, code, message, label) => {
    const path = file('bad.jsonl', content);
    expect(() => readJsonl(path, 'text', label)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message), place: { file: path } }),
    );
  });

  it('is read or refused, whatever its bytes, and as many samples as lines are counted', async () => {
    const part = fc.oneof(
      fc.constantFrom('\n', '\r\n', '{"text": "a b", "label": 1}', '{', '"', '[[[[', '\u00a0', '\ufeff'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), async (parts) => {
        const path = file('any.jsonl', parts.join(''));
        const { samples } = describeDataset({ images: 'any.jsonl' }, folder);
        try {
          const { size } = await openDataset(source({ images: 'any.jsonl', labels: 'label' }), folder);
          expect(size).toBe(samples);
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
          expect((error as PareError).place).toMatchObject({ file: path });
        }
      }),
    );
  });
});

describe('a tokenizer', () => {
  it('of bytes numbers them from 1', async () => {
    expect(await encode('bytes', 'Aé')).toEqual([66, 0xc3 + 1, 0xa9 + 1]);
  });

  it('of words gives the same number to the same word, in any case', async () => {
    const [a, b, comma, c] = await encode('words', 'Free money, FREE');
    expect(new Set([a, b, comma]).size).toBe(3);
    expect(c).toBe(a);
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.integer({ min: 1, max: 9 }), async (text, length) => {
        const tokens = await encode('words', text, length);
        expect(tokens.length).toBeLessThanOrEqual(length);
        for (const token of tokens) expect(token > 0 && token < 50).toBe(true);
      }),
    );
  });

  it('by a list of words numbers them by their lines', async () => {
    file('words.txt', '<pad>\n<unk>\nfree\nmoney\n');
    expect(await encode('words.txt', 'FREE money now')).toEqual([2, 3, 1]);
    file('known.txt', 'free\nmoney');
    expect(await encode('known.txt', 'free now money', 2)).toEqual([0, 1]);
  });

  /** Numbers by Hugging Face's `BertWordPieceTokenizer(vocab='vocab.txt', lowercase=True)`, tokenizers 0.23.2. */
  it("by BERT's vocabulary gives what Hugging Face's gives, and keeps the frame when it cuts", async () => {
    file('vocab.txt', `${vocabulary.join('\n')}\n`);
    for (const [text, ids] of Object.entries(wordPieces))
      expect(await encode('vocab.txt', text)).toEqual(ids);
    expect(await encode('vocab.txt', 'the players played', 5)).toEqual([2, 5, 6, 7, 3]);
    expect(await encode('vocab.txt', 'the players', 1)).toEqual([2]);
  });

  it('that is damaged is refused', async () => {
    const refused = (name: string, content: string) => {
      file(name, content);
      return expect(encode(name, 'a')).rejects.toMatchObject({ code: 'data-tokenizer' });
    };
    await refused('a.json', '{');
    await refused('b.json', '{"version": "1.0"}');
    await refused('c.json', '{"model": {"type": "Mystery"}}');
    await refused('d.json', '{"model": {"type": "BPE", "vocab": {}, "merges": [1, 2]}}');
    await expect(encode('none.json', 'a')).rejects.toMatchObject({ code: 'file-missing' });
  });
});

const vocabulary = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'the',
  'play',
  '##er',
  '##s',
  '##ed',
  '!',
  'cafe',
  '中',
];
const wordPieces: Readonly<Record<string, readonly number[]>> = {
  'The players  played!': [2, 5, 6, 7, 8, 6, 9, 10, 3],
  'Café 中中, the\tplay': [2, 11, 12, 12, 1, 5, 6, 3],
  x: [2, 1, 3],
  '': [2, 3],
  'playplay ! ! [MASK]thes': [2, 1, 10, 10, 4, 5, 8, 3],
};

describe('texts as samples', () => {
  const content = lines({ text: 'abc', label: 'x' }, { text: 'a', label: 'y' }, { text: '', label: 'x' });

  it("get the model's length, with a mask that tells tokens from padding", async () => {
    file('abc.jsonl', content);
    const inputs = new Map([
      ['attention_mask', [2]],
      ['input_ids', [2]],
      ['token_type_ids', [2]],
    ]);
    const dataset = await openDataset(source({ images: 'abc.jsonl', labels: 'label' }), folder, [2], inputs);
    const batch = await only(dataset);
    expect(Array.from(batch.input.data as Float32Array)).toEqual([98, 99, 98, 0, 0, 0]);
    expect(Array.from(batch.labels!)).toEqual([0, 1, 0]);
    expect(dataset.classNames).toEqual(['x', 'y']);
    expect(Array.from(batch.further!.attention_mask!.data as Float64Array)).toEqual([1, 1, 1, 0, 0, 0]);
    expect(Array.from(batch.further!.token_type_ids!.data as Float64Array)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(dataset.furtherShapes).toEqual({ attention_mask: [2], token_type_ids: [2] });
  });

  it('have a length of their own where the model leaves it open', async () => {
    file('abc.jsonl', content);
    const open = (more: object, shape: readonly (number | string)[]) =>
      openDataset(source({ images: 'abc.jsonl', ...more }), folder, shape);
    expect((await open({}, ['tokens'])).sampleShape).toEqual([256]);
    expect((await open({ length: 5 }, ['tokens'])).sampleShape).toEqual([5]);
    await expect(open({ length: 5 }, [4])).rejects.toMatchObject({ code: 'data-shape' });
  });

  it('are told apart by their tokenizer', async () => {
    file('abc.jsonl', content);
    file('words.txt', 'abc\na');
    const hash = async (tokenizer: string) =>
      (await openDataset(source({ images: 'abc.jsonl', tokenizer, length: 4 }), folder)).hash;
    const first = await hash('words.txt');
    expect(await hash('words.txt')).toBe(first);
    expect(await hash('bytes')).not.toBe(first);
    file('words.txt', 'a\nabcd');
    expect(await hash('words.txt')).not.toBe(first);
  });
});
