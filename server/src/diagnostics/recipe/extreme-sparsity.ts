import { formatPercent } from '../../base/units.ts';
import type { Path } from '../../recipe/syntax.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic, type RecipeContext } from '../define.ts';

/** One shot of magnitude pruning rarely keeps the accuracy above this share. */
const high = 0.9;
const recipe = (sparsity: string, layers = '') =>
  `model: a.onnx\nsteps:\n  - prune: {sparsity: ${sparsity}}\n${layers}`;

export const extremeSparsity = defineDiagnostic({
  subject: 'recipe',
  code: 'extreme-sparsity',
  severity: 'warning',
  what: 'A sparsity that removes nearly all weights, or none.',
  why: 'Networks usually keep their accuracy to 50 % without training and to about 90 % with it. At 0 % the step does nothing.',
  remedy: 'Start at 50 % and measure; give sensitive layers less under `layers:`.',
  *detect(context) {
    for (const { path, value } of sparsities(context)) {
      const range = rangeOf(context.recipe, path);
      if (value === 0) yield { message: 'A sparsity of 0 % changes nothing.', range };
      else if (value > high)
        yield { message: `${formatPercent(value, 1)} of the weights become zero at once.`, range };
    }
  },
  bad: [
    { recipe: recipe('<|99 %|>') },
    { recipe: recipe('<|0|>') },
    { recipe: recipe('50 %', 'layers:\n  conv1: {prune: {sparsity: <|95 %|>}}\n') },
  ],
  good: [{ recipe: recipe('80 %', 'layers:\n  conv1: {prune: {sparsity: 20 %}}\n') }],
});

/** Sparsities that are written down, as fractions. */
function* sparsities({ plan }: RecipeContext): Iterable<{ readonly path: Path; readonly value: number }> {
  for (const { given, settings, path } of plan?.steps ?? [])
    if ('sparsity' in given && typeof settings.sparsity === 'number')
      yield { path: [...path, 'sparsity'], value: settings.sparsity };
  for (const { pattern, settings } of plan?.layers ?? [])
    for (const [step, values] of Object.entries(settings))
      if (typeof values.sparsity === 'number')
        yield { path: ['layers', pattern, step, 'sparsity'], value: values.sparsity };
}
