import { didYouMean } from '../../base/suggest.ts';
import { createNode } from '../../ir/node.ts';
import { type Path, rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { yamlText } from '../shared/recipe-text.ts';
import { sketch } from '../shared/sketch.ts';

const twoHeads = () =>
  sketch({
    inputs: { x: ['N', 4] },
    outputs: { scores: ['N', 4], price: ['N', 4] },
    nodes: [createNode('Relu', ['x'], ['scores']), createNode('Neg', ['x'], ['price'])],
  });
const recipe = (targets: string, settings: string) =>
  `model: a.onnx\ndata: {train: {images: a.npy, targets: {${targets}: b.npy}}}\nsteps:\n  - finetune: ${settings}\n`;

export const unknownOutput = defineDiagnostic({
  subject: 'recipe',
  code: 'unknown-output',
  severity: 'error',
  what: '`targets` of the data, or `outputs` of a step, name an output that the model does not have.',
  why: 'Nothing could be compared with those targets.',
  remedy: 'Use the name of an output: `pare inspect MODEL` lists them.',
  *detect({ recipe, plan, model }) {
    if (!plan || !model) return;
    const names = model.model.graph.outputs.map(({ name }) => name);
    const named: { readonly name: string; readonly path: Path; readonly part: 'key' | 'value' }[] = [];
    for (const which of ['train', 'test'] as const)
      for (const name of Object.keys(plan.data[which]?.targets ?? {}))
        named.push({ name, path: ['data', which, 'targets', name], part: 'key' });
    for (const { settings, path } of plan.steps)
      for (const [index, { output }] of outputsOf(settings).entries())
        named.push({ name: output, path: [...path, 'outputs', index, 'output'], part: 'value' });
    for (const { name, path, part } of named) {
      if (names.includes(name)) continue;
      const suggestion = didYouMean(name, names);
      const range = rangeOf(recipe, path, part);
      yield {
        message: `The model has no output '${name}'.${suggestion ? ` Did you mean '${suggestion}'?` : ` Its outputs are ${names.join(', ')}.`}`,
        range,
        fixes: suggestion
          ? [{ title: `Change to '${suggestion}'`, edits: [{ range, text: yamlText(suggestion) }] }]
          : [],
      };
    }
  },
  bad: [
    { recipe: recipe('<|prize|>', '{}'), model: twoHeads },
    { recipe: recipe('price', '{outputs: [{output: <|skores|>}]}'), model: twoHeads },
  ],
  good: [{ recipe: recipe('price', '{outputs: [{output: price}]}'), model: twoHeads }],
});

/** Outputs that a step's settings name. */
function outputsOf(settings: Readonly<Record<string, unknown>>): readonly { readonly output: string }[] {
  return Array.isArray(settings.outputs) ? (settings.outputs as { readonly output: string }[]) : [];
}
