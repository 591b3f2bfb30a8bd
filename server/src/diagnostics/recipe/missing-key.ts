import { defineDiagnostic } from '../define.ts';
import { findingsOf } from '../shared/issues.ts';

export const missingKey = defineDiagnostic({
  subject: 'recipe',
  code: 'missing-key',
  severity: 'error',
  what: 'A setting that has no default is missing.',
  why: 'Pare cannot guess it: the model, the steps and the files of a data set are yours to name.',
  remedy: 'Add the key; completion lists what is missing.',
  detect: (context) => findingsOf(context, 'missing-key'),
  bad: [{ recipe: '<|steps:|>\n  - quantize: {}\n' }],
  good: [{ recipe: 'model: a.onnx\nsteps:\n  - quantize: {}\n' }],
});
