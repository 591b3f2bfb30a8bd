import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TextRange } from '../base/errors.ts';
import { recipeProblems } from '../diagnostics/check.ts';
import type { RecipeContext } from '../diagnostics/define.ts';
import { modelContext } from '../diagnostics/model-context.ts';
import { parsedRecipe } from '../diagnostics/recipe-context.ts';
import { smallClassifier } from '../diagnostics/shared/sketch.ts';
import { insertionInto, removalOf } from '../recipe/edits.ts';
import { parseRecipe, pathAt } from '../recipe/syntax.ts';
import { completionPlace } from './shared/completion-place.ts';
import { overrideActions } from './shared/override-actions.ts';
import { settingCard } from './shared/setting-card.ts';

const whole = [
  'model: m.onnx',
  'data:',
  '  train: {images: a.gz, labels: b.gz, normalize: {scale: 1/255}}',
  '  test: {images: "c d.gz", limit: 10}',
  'budget: {size: 40 KB, accuracy-drop: 0.5 %}',
  'seed: 1',
  'steps:',
  '  - optimize',
  '  - prune: {sparsity: 30 %}',
  '  - quantize:',
  '      samples: 512 # enough',
  'layers:',
  '  conv1: {prune: {skip: true}}',
  '  "f*": {quantize: {skip: true}}',
  '',
].join('\n');

/** A recipe as it is while somebody types: parts taken out, moved and put in. */
const broken = fc
  .array(
    fc.record({
      at: fc.nat(whole.length),
      remove: fc.nat(30),
      insert: fc.oneof(
        fc.constantFrom(
          '',
          ':',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          '#',
          '\n',
          '\t',
          '&a ',
          '*a',
          '|',
          '>',
          '? ',
          '%',
          '!',
          '__proto__: ',
          'toString',
          '<<: ',
        ),
        fc.string({ maxLength: 5 }),
      ),
    }),
    { maxLength: 6 },
  )
  .map((edits) =>
    edits.reduce(
      (text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
      whole,
    ),
  );

const model = modelContext(smallClassifier());
const contextOf = (text: string): RecipeContext => ({
  ...parsedRecipe(text),
  file: 'a.pare.yaml',
  model,
  modelError: undefined,
  data: { train: { samples: 5, sampleShape: [8, 8], labels: 5 } },
});

it('no text breaks a feature, and every place lies in the text', () => {
  fc.assert(
    fc.property(broken, fc.nat(whole.length + 20), (text, anywhere) => {
      const offset = Math.min(anywhere, text.length);
      const inside = ({ start, end }: TextRange) => {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(text.length);
      };
      const context = contextOf(text);
      for (const { range, fixes } of recipeProblems(context)) {
        inside(range!);
        for (const { edits } of fixes) for (const edit of edits) inside(edit.range);
      }
      const { path, range } = pathAt(context.recipe, offset);
      if (range) inside(range);
      settingCard(path);
      const removal = removalOf(context.recipe, path);
      if (removal) inside(removal);
      inside(insertionInto(context.recipe, 'layers', 'x: {}').range);
      for (const { edits } of overrideActions(context, offset)) for (const edit of edits) inside(edit.range);
      const place = completionPlace(text, offset);
      if (place) {
        inside(place.word);
        expect(place.word.start).toBeLessThanOrEqual(offset);
        expect(place.word.end).toBeGreaterThanOrEqual(offset);
      }
    }),
    { numRuns: 400 },
  );
});

it('an inserted entry is there, and the rest as it was', () => {
  fc.assert(
    fc.property(broken, (text) => {
      // Behind an explicit key (`? key`) the YAML library drops entries without an error.
      fc.pre(!/^\s*\?/m.test(text));
      const before = parseRecipe(text);
      fc.pre(before.errors.length === 0 && typeof before.value === 'object' && !Array.isArray(before.value));
      const { layers = {}, ...rest } = (before.value ?? {}) as Record<string, unknown>;
      fc.pre((typeof layers === 'object' && !Array.isArray(layers)) || layers === null);
      const { range, text: inserted } = insertionInto(before, 'layers', 'x: {}');
      const after = parseRecipe(text.slice(0, range.start) + inserted + text.slice(range.end));
      expect(after.errors).toEqual([]);
      expect(after.value).toEqual({ ...rest, layers: { ...layers, x: {} } });
    }),
    { numRuns: 300 },
  );
});
