import { shapeOf } from '../../ir/value-type.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange, isLabelled } from '../shared/data.ts';
import { smallClassifier } from '../shared/sketch.ts';

const recipe = (classes: string) =>
  `model: a.onnx\ndata: {test: {images: a.gz, labels: b.gz, classes: ${classes}}}\nsteps: [optimize: {}]\n`;
const data = { test: { samples: 5, sampleShape: [8, 8], labels: 5 } };

export const classCount = defineDiagnostic({
  subject: 'recipe',
  code: 'class-count',
  severity: 'error',
  what: "The data's classes are not as many as the model's outputs.",
  why: 'Names and tables would be shifted, and a class that the model cannot answer counts as always wrong.',
  remedy: 'Name exactly the classes of the model, in the order of their numbers.',
  *detect(context) {
    const [output, ...others] = context.model?.model.graph.outputs ?? [];
    if (!context.model || !output || others.length > 0) return;
    const shape = shapeOf(context.model.shapes.types.get(output.name) ?? output.type);
    const scores = shape?.at(-1);
    if (shape?.length !== 2 || typeof scores !== 'number') return;
    // One score says no or yes.
    const outputs = scores === 1 ? 2 : scores;
    for (const { which, source } of dataOf(context))
      if (isLabelled(context, which) && source?.classes && source.classes.length !== outputs)
        yield {
          message: `${source.classes.length} classes are named; the model tells ${outputs} apart.`,
          range: dataRange(context, which, 'classes'),
        };
  },
  bad: [{ recipe: recipe('<|[cat, dog]|>'), model: smallClassifier, data }],
  good: [{ recipe: recipe('[a, b, c, d, e, f, g, h, i, j]'), model: smallClassifier, data }],
});
