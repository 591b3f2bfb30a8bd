import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange, inputsOf } from '../shared/data.ts';
import { sketch, smallClassifier } from '../shared/sketch.ts';

const data = { test: { samples: 5, sampleShape: [8, 8], labels: undefined } };

export const modelInputs = defineDiagnostic({
  subject: 'recipe',
  code: 'model-inputs',
  severity: 'error',
  what: 'The model has several inputs, or none, but samples go into exactly one.',
  why: 'Pare cannot know what to give the others.',
  remedy: 'Give the model one input: make the others constants when you export it.',
  *detect(context) {
    if (!context.model) return;
    const names = inputsOf(context.model.model).map(({ name }) => name);
    const [first] = dataOf(context);
    if (first && names.length !== 1)
      yield {
        message: `The model has ${names.length} inputs${names.length > 0 ? ` (${names.join(', ')})` : ''}; samples go into exactly one.`,
        range: dataRange(context, first.which, 'images'),
      };
  },
  bad: [
    {
      recipe: 'model: a.onnx\ndata: {test: {images: <|a.gz|>}}\nsteps: [optimize: {}]\n',
      model: () =>
        sketch({
          inputs: { a: ['N', 4], b: ['N', 4] },
          outputs: { y: ['N', 4] },
          nodes: [createNode('Add', ['a', 'b'], ['y'])],
        }),
      data,
    },
  ],
  good: [
    {
      recipe: 'model: a.onnx\ndata: {test: {images: a.gz}}\nsteps: [optimize: {}]\n',
      model: smallClassifier,
      data,
    },
  ],
});
