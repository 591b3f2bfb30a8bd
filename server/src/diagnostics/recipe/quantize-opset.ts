import { opsetOf } from '../../ir/model.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { opsetTooOld } from '../model/opset-too-old.ts';
import { smallClassifier } from '../shared/sketch.ts';

/** DequantizeLinear takes a scale for each channel since this version of ai.onnx. */
const needed = 13;
const recipe = (settings: string, name = 'quantize') =>
  `model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n  - ${name}: {${settings}}\n`;
const [old] = opsetTooOld.bad;

export const quantizeOpset = defineDiagnostic({
  subject: 'recipe',
  code: 'quantize-opset',
  severity: 'error',
  what: 'The model is too old for quantization with a scale for each channel.',
  why: 'The operators that hold such scales exist from opset 13 on; the step refuses an older model rather than fall back silently.',
  remedy: 'Export the model with opset 13 or later, or set `per-channel: false`.',
  *detect({ plan, recipe, model }) {
    const opset = model && opsetOf(model.model);
    if (opset === undefined || opset >= needed) return;
    for (const { step, settings, path } of plan?.steps ?? [])
      if (step.name === 'quantize' && settings['per-channel'] === true)
        yield {
          message: `A scale for each channel needs opset ${needed}; the model has opset ${opset}.`,
          range: rangeOf(recipe, path, 'key'),
        };
  },
  bad: [{ recipe: recipe('', '<|quantize|>'), model: old }],
  good: [
    { recipe: recipe('per-channel: false'), model: old },
    { recipe: recipe(''), model: smallClassifier },
  ],
});
