import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange, inputsOf, unfedInputs } from '../shared/data.ts';
import { sketch, smallClassifier } from '../shared/sketch.ts';

const sum = () =>
  sketch({
    inputs: { a: ['N', 4], b: ['N', 4] },
    outputs: { y: ['N', 4] },
    nodes: [createNode('Add', ['a', 'b'], ['y'])],
  });
const data = { test: { samples: 5, sampleShape: [8, 8], labels: undefined } };

export const modelInputs = defineDiagnostic({
  subject: 'recipe',
  code: 'model-inputs',
  severity: 'error',
  what: 'The data do not have an array for each input of the model.',
  why: 'Samples go into one input; Pare cannot know what to give the others.',
  remedy:
    'Name an array for each further input under `inputs`, or make those inputs constants when you export the model.',
  *detect(context) {
    if (!context.model) return;
    const { model } = context.model;
    const names = inputsOf(model).map(({ name }) => name);
    for (const { which, images, source } of dataOf(context)) {
      const unknown = Object.keys(source?.inputs ?? {}).find((name) => !names.includes(name));
      const [main, ...others] = unfedInputs(model, images, source).map(({ name }) => name);
      if (unknown !== undefined)
        yield {
          message: `The model has no input '${unknown}'; its inputs are ${names.join(', ')}.`,
          range: dataRange(context, which, 'inputs', unknown),
        };
      else if (main === undefined || others.length > 0)
        yield {
          message:
            others.length > 0
              ? `The model has ${names.length} inputs (${names.join(', ')}), and the data have nothing for ${others.join(', ')}.`
              : `The model has no input${names.length > 0 ? ` beside ${names.join(', ')}` : ''}; samples go into one.`,
          range: dataRange(context, which, 'images'),
        };
    }
  },
  bad: [
    {
      recipe: 'model: a.onnx\ndata: {test: {images: <|a.gz|>}}\nsteps: [optimize: {}]\n',
      model: sum,
      data,
    },
    {
      recipe: 'model: a.onnx\ndata: {test: {images: a.gz, inputs: {c: <|b.npy|>}}}\nsteps: [optimize: {}]\n',
      model: sum,
      data,
    },
  ],
  good: [
    {
      recipe: 'model: a.onnx\ndata: {test: {images: a.gz, inputs: {b: b.npy}}}\nsteps: [optimize: {}]\n',
      model: sum,
      data,
    },
    {
      recipe: 'model: a.onnx\ndata: {test: {images: a.gz}}\nsteps: [optimize: {}]\n',
      model: smallClassifier,
      data,
    },
  ],
});
