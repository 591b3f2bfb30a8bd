import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { steps } from '../../server/src/steps/index.ts';

const grammar = JSON.parse(readFileSync('syntaxes/pare-recipe.tmLanguage.json', 'utf8')) as {
  readonly repository: Readonly<Record<string, { readonly match: string }>>;
};
const matches = (rule: string, text: string) => [
  ...text.matchAll(new RegExp(grammar.repository[rule]!.match, 'g')),
];

it('colours the names of all steps, and of nothing else that is a key', () => {
  for (const { name } of steps) {
    expect(matches('step', `  - ${name}: {}`)[0]?.[1]).toBe(name);
    expect(matches('step', `  conv1: {${name}: {skip: true}}`)[0]?.[1]).toBe(name);
    expect(matches('step', `  re${name}: 1`)).toEqual([]);
  }
  const names = grammar.repository.step!.match.match(/\(([a-z|-]+)\)/)![1]!.split('|');
  expect(names).toEqual(steps.map(({ name }) => name).sort());
});

it('tells a quantity from its unit, and leaves names and ratios alone', () => {
  for (const [text, number, unit] of [
    ['size: 40 KB', '40', 'KB'],
    ['sparsity: 90 %}', '90', '%'],
    ['latency: 1.5ms', '1.5', 'ms'],
    ['memory: 1.5e3 MiB,', '1.5e3', 'MiB'],
  ] as const)
    expect(matches('quantity', text)[0]?.slice(1)).toEqual([number, unit]);
  for (const text of ['scale: 1/255', 'conv1s: 1', 't10k-images: 3', 'model: v2.h', 'samples: 512'])
    expect(matches('quantity', text), text).toEqual([]);
});
