import { stepBefore } from '../../recipe/edits.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { computedWeights } from '../model/computed-weights.ts';
import { unfusedBatchNormalization } from '../model/unfused-batch-normalization.ts';
import { smallClassifier } from '../shared/sketch.ts';

const head = 'model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n';
/** What keeps layers from being quantized until it is folded. */
const obstacles = [unfusedBatchNormalization, computedWeights];

export const optimizeFirst = defineDiagnostic({
  subject: 'recipe',
  code: 'optimize-first',
  severity: 'warning',
  what: 'The model is quantized without being optimized before.',
  why: 'A BatchNormalization that is not folded keeps its convolution from being fused in int8, and weights that are computed by a Transpose or Cast are not found. The model then comes out hardly faster.',
  remedy: 'Put `optimize` before `quantize`.',
  *detect({ plan, recipe, model }) {
    const steps = plan?.steps ?? [];
    const index = steps.findIndex(({ step }) => step.name === 'quantize');
    const before = steps.slice(0, Math.max(0, index));
    if (!model || index < 0 || before.some(({ step }) => step.name === 'optimize')) return;
    const [obstacle] = obstacles.flatMap((diagnostic) => [...diagnostic.detect(model)]);
    if (!obstacle) return;
    const edit = stepBefore(recipe, index, 'optimize: {}');
    yield {
      message: obstacle.message,
      range: rangeOf(recipe, steps[index]!.path, 'key'),
      fixes: edit ? [{ title: "Put 'optimize' before", edits: [edit] }] : [],
    };
  },
  bad: [
    {
      recipe: `${head}  - <|quantize|>: {}\n`,
      model: unfusedBatchNormalization.bad[0],
    },
  ],
  good: [{ recipe: `${head}  - quantize: {}\n`, model: smallClassifier }],
});
