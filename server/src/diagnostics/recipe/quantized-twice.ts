import { createNode } from '../../ir/node.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { isQuantization } from '../shared/quantization.ts';
import { sketch, smallClassifier } from '../shared/sketch.ts';

const head = 'model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n';

export const quantizedTwice = defineDiagnostic({
  subject: 'recipe',
  code: 'quantized-twice',
  severity: 'error',
  what: 'The recipe quantizes what is quantized already.',
  why: 'A second rounding only loses accuracy, and its ranges are measured on rounded values. The step refuses such a model.',
  remedy: 'Quantize once, starting from the float model.',
  *detect({ plan, recipe, model }) {
    const quantizing = (plan?.steps ?? []).filter(({ step }) => step.name === 'quantize');
    const [first] = quantizing;
    if (first && model && [...nodesOf(model.model)].some(({ node }) => isQuantization(node)))
      yield {
        message: 'The model is quantized already.',
        range: rangeOf(recipe, first.path, 'key'),
        hint: 'Name the float model that it was made from.',
      };
    for (const { path } of quantizing.slice(1))
      yield { message: 'A step before has quantized the model.', range: rangeOf(recipe, path, 'key') };
  },
  bad: [
    { recipe: `${head}  - quantize: {}\n  - <|quantize|>: {samples: 9}\n`, model: smallClassifier },
    {
      recipe: `${head}  - <|quantize|>: {}\n`,
      model: () =>
        sketch({
          inputs: { x: [1, 4] },
          outputs: { y: [1, 4] },
          nodes: [
            createNode('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
            createNode('DequantizeLinear', ['q', 's', 'z'], ['y']),
          ],
        }),
    },
  ],
  good: [{ recipe: `${head}  - quantize: {}\n`, model: smallClassifier }],
});
