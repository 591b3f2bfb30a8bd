import { matchesLayer } from '../../ir/layer-names.ts';
import { insertionInto } from '../../recipe/edits.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { int8Slower } from '../model/int8-slower.ts';
import { slowInInt8 } from '../shared/quantization.ts';
import { yamlText } from '../shared/recipe-text.ts';
import { smallClassifier } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const recipe = (step: string, layers: string) =>
  `model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n  - ${step}: {}\n${layers}`;
const [depthwise] = int8Slower.bad;

export const slowInt8Layer = defineDiagnostic({
  subject: 'recipe',
  code: 'slow-int8-layer',
  severity: 'information',
  what: 'The recipe quantizes layers that run slower in int8 than in float.',
  why: 'Their share of the model is small, but so is what int8 gains, and each of them may cost more time than in float. Measured, a depthwise 3x3 convolution took 1.8 times as long.',
  remedy: 'Run both and compare, or keep the layers in float: the quick fix adds them under `layers:`.',
  *detect({ plan, recipe, model }) {
    const step = plan?.steps.find((planned) => planned.step.name === 'quantize');
    if (!plan || !step || !model) return;
    const skipped = (name: string) =>
      plan.layers.some(
        ({ pattern, settings }) => settings.quantize?.skip === true && matchesLayer(pattern, name),
      );
    const names = slowInInt8(model)
      .map(({ node }) => model.nameOf(node))
      .filter((name) => !skipped(name));
    if (names.length === 0) return;
    const free = names.filter((name) => !plan.layers.some(({ pattern }) => pattern === name));
    const entry = free.map((name) => `${yamlText(name)}: {quantize: {skip: true}}`).join('\n  ');
    yield {
      message: `${counted(names.length, 'layer')} may be slower in int8: ${listed(names)}.`,
      range: rangeOf(recipe, step.path, 'key'),
      fixes:
        free.length === 1
          ? [{ title: `Keep '${free[0]}' in float`, edits: [insertionInto(recipe, 'layers', entry)] }]
          : [],
    };
  },
  bad: [{ recipe: recipe('<|quantize|>', ''), model: depthwise }],
  good: [
    { recipe: recipe('quantize', 'layers:\n  dw: {quantize: {skip: true}}\n'), model: depthwise },
    { recipe: recipe('optimize', ''), model: depthwise },
    { recipe: recipe('quantize', ''), model: smallClassifier },
  ],
});
