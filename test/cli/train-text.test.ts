import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRng } from '../../server/src/base/rng.ts';
import type { RunResult } from '../../server/src/protocol/run.ts';
import { pare, temporaryFolder } from './pare.ts';

const good = ['great', 'lovely', 'brilliant', 'fine'];
const bad = ['awful', 'dull', 'weak', 'boring'];
const things = ['film', 'plot', 'cast', 'music', 'ending', 'book'];

/** Sentences whose class is that of the adjective, or the other one behind a "not": no single word tells. */
function sentences(count: number, seed: number): string {
  const rng = createRng(seed);
  const pick = <T>(list: readonly T[]) => list[rng.integer(list.length)]!;
  return Array.from({ length: count }, () => {
    const [positive, negated] = [rng.next() < 0.5, rng.next() < 0.5];
    const text = `The ${pick(things)} was ${negated ? 'not ' : ''}${pick(positive ? good : bad)}, said the ${pick(['critic', 'guest', 'child'])}.`;
    return JSON.stringify({ text, label: positive !== negated ? 'praise' : 'blame' });
  }).join('\n');
}

it.each(['lstm 24', 'gru 16 both'])(
  'a classifier of texts is trained end to end by a recipe: %s',
  {
    timeout: 180_000,
  },
  async (layer) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'train.jsonl'), sentences(800, 1));
    writeFileSync(join(folder, 'test.jsonl'), sentences(300, 2));
    const recipe = join(folder, 'text.pare.yaml');
    const data = (name: string) =>
      `{images: ${name}.jsonl, labels: label, tokenizer: words, vocabulary: 500}`;
    writeFileSync(
      recipe,
      [
        `model: {input: [12], layers: [embedding 500 16, ${layer}, dense 2]}`,
        `data: {train: ${data('train')}, test: ${data('test')}}`,
        'steps:',
        '  - finetune: {epochs: 12, batch: 32, rate: 0.01}',
      ].join('\n'),
    );
    const outcome = await pare(['run', recipe, '--json']);
    const result = outcome.json() as RunResult;
    expect(result.status).toBe('done');
    // The best that words alone give, without their order, is one half.
    expect(result.after!.accuracy!.value).toBeGreaterThan(0.95);
    expect(result.after!.accuracy!.samples).toBe(300);
  },
);
