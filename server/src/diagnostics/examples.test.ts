import { describe, expect, it } from 'vitest';
import type { TextRange } from '../base/errors.ts';
import type { ModelDiagnostic, RecipeContext, RecipeDiagnostic, RecipeExample, RecipeFix } from './define.ts';
import { diagnostics } from './index.ts';
import { modelContext } from './model-context.ts';
import { parsedRecipe } from './recipe-context.ts';

/** Every diagnostic's own examples: it fires on the bad ones, at the marked places, and not on the good ones; its fixes mend. */
describe.each(diagnostics.filter(({ subject }) => subject === 'recipe') as RecipeDiagnostic[])(
  'recipe: $code',
  (diagnostic) => {
    it.each(diagnostic.bad.map((example) => [example.recipe, example] as const))('finds %j', (_, example) => {
      const { text, ranges } = unmarked(example.recipe);
      const findings = findIn(diagnostic, example, text);
      expect(findings.map(({ range }) => text.slice(range.start, range.end))).toEqual(
        ranges.map(({ start, end }) => text.slice(start, end)),
      );
      expect(findings.map(({ range }) => range)).toEqual(ranges);
      for (const { fixes } of findings)
        for (const fix of fixes ?? [])
          expect(
            findIn(diagnostic, example, applied(text, fix)).length,
            `after '${fix.title}': ${applied(text, fix)}`,
          ).toBeLessThan(findings.length);
    });
    it.each(diagnostic.good.map((example) => [example.recipe, example] as const))(
      'is silent on %j',
      (_, example) => {
        expect(findIn(diagnostic, example, example.recipe)).toEqual([]);
      },
    );
  },
);

describe.each(diagnostics.filter(({ subject }) => subject === 'model') as ModelDiagnostic[])(
  'model: $code',
  (diagnostic) => {
    const find = (model: ReturnType<ModelDiagnostic['bad'][number]>) => [
      ...diagnostic.detect(modelContext(model, { readsWeights: true })),
    ];
    it.each(diagnostic.bad.map((make, index) => [index, make] as const))('finds example %i', (_, make) => {
      const findings = find(make());
      expect(findings).not.toEqual([]);
      for (const { fix } of findings)
        if (fix) {
          const model = make();
          const before = [...model.graph.nodes];
          expect(find(fix.apply(model)).length, fix.title).toBeLessThan(findings.length);
          expect(model.graph.nodes, 'a fix leaves the given model alone').toEqual(before);
        }
    });
    it.each(diagnostic.good.map((make, index) => [index, make] as const))(
      'is silent on example %i',
      (_, make) => {
        expect(find(make())).toEqual([]);
      },
    );
  },
);

it('every diagnostic has examples of both kinds', () => {
  const lacking = diagnostics.filter(
    (diagnostic) =>
      diagnostic.subject !== 'file' && (diagnostic.bad.length === 0 || diagnostic.good.length === 0),
  );
  expect(lacking.map(({ code }) => code)).toEqual([]);
});

it('codes are unique, in kebab-case', () => {
  const codes = diagnostics.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});

function findIn(diagnostic: RecipeDiagnostic, { model, data = {} }: RecipeExample, text: string) {
  const context: RecipeContext = {
    ...parsedRecipe(text),
    file: 'example.pare.yaml',
    model: model && modelContext(model()),
    modelError: undefined,
    data,
  };
  return [...diagnostic.detect(context)];
}

function unmarked(marked: string): { readonly text: string; readonly ranges: readonly TextRange[] } {
  const ranges: TextRange[] = [];
  let text = '';
  for (const [index, part] of marked.split(/<\||\|>/).entries()) {
    if (index % 2 === 1) ranges.push({ start: text.length, end: text.length + part.length });
    text += part;
  }
  return { text, ranges };
}

function applied(text: string, { edits }: RecipeFix): string {
  return [...edits]
    .sort((a, b) => b.range.start - a.range.start)
    .reduce(
      (result, { range, text: by }) => result.slice(0, range.start) + by + result.slice(range.end),
      text,
    );
}
