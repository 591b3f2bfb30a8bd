import { formatBytes } from '../../base/units.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { smallClassifier } from '../shared/sketch.ts';

const recipe = (size: string) => `model: a.onnx\nbudget: {size: ${size}}\nsteps: [optimize: {}]\n`;

export const budgetWithoutEffect = defineDiagnostic({
  subject: 'recipe',
  code: 'budget-without-effect',
  severity: 'information',
  what: 'The model keeps to the size budget before anything is done.',
  why: 'A budget that is met from the start says nothing about the result. Often the unit is wrong: KB and MB.',
  remedy: 'Give the size that you need.',
  *detect({ plan, recipe, model }) {
    const size = plan?.budget.size;
    // The file holds more than its constants: only a budget well above them is met for certain.
    if (size === undefined || !model || size < 2 * model.cost.bytes + 4096) return;
    yield {
      message: `The model's constants take ${formatBytes(model.cost.bytes)} already: ${formatBytes(size)} is met by doing nothing.`,
      range: rangeOf(recipe, ['budget', 'size']),
    };
  },
  bad: [{ recipe: recipe('<|40 MB|>'), model: smallClassifier }],
  good: [{ recipe: recipe('4 KB'), model: smallClassifier }],
});
