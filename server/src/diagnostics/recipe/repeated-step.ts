import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';

export const repeatedStep = defineDiagnostic({
  subject: 'recipe',
  code: 'repeated-step',
  severity: 'warning',
  what: 'A step follows the same step with the same settings.',
  why: 'The second time it finds its work done: it takes time and changes nothing, or adds rounding errors to rounding errors.',
  remedy: 'Remove one of the two.',
  *detect({ plan, recipe }) {
    for (const [index, { step, settings, path }] of (plan?.steps ?? []).entries()) {
      const before = plan!.steps[index - 1];
      if (before?.step === step && JSON.stringify(before.settings) === JSON.stringify(settings))
        yield {
          message: `'${step.name}' is done right before, with the same settings.`,
          range: rangeOf(recipe, path, 'key'),
        };
    }
  },
  bad: [{ recipe: 'model: a.onnx\nsteps:\n  - optimize: {}\n  - <|optimize|>: {except: []}\n' }],
  good: [{ recipe: 'model: a.onnx\nsteps:\n  - optimize: {}\n' }],
});
