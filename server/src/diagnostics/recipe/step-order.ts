import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';

/** Steps that change float weights, and so find nothing to do in a quantized model. */
const onFloatWeights: ReadonlySet<string> = new Set(['prune', 'distill', 'finetune']);
const head = 'model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n';

export const stepOrder = defineDiagnostic({
  subject: 'recipe',
  code: 'step-order',
  severity: 'warning',
  what: 'A step that changes float weights comes after `quantize`.',
  why: 'Quantized weights are int8 and are left alone, so the step does little or nothing. Pruning and training also move the ranges that were calibrated.',
  remedy: 'Put it before `quantize`.',
  *detect({ plan, recipe }) {
    let quantized = false;
    for (const { step, path } of plan?.steps ?? []) {
      if (quantized && onFloatWeights.has(step.name))
        yield {
          message: `'${step.name}' comes after 'quantize': the quantized weights are left alone.`,
          range: rangeOf(recipe, path, 'key'),
        };
      quantized ||= step.name === 'quantize';
    }
  },
  bad: [{ recipe: `${head}  - quantize: {}\n  - <|prune|>: {}\n` }],
  good: [{ recipe: `${head}  - prune: {}\n  - quantize: {}\n` }],
});
