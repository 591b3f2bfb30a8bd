import { defineDiagnostic } from '../define.ts';
import { findingsOf } from '../shared/issues.ts';

export const unknownStep = defineDiagnostic({
  subject: 'recipe',
  code: 'unknown-step',
  severity: 'error',
  what: 'The recipe names a step that Pare does not have.',
  why: 'A step that is skipped silently would give a model that is not what was asked for.',
  remedy: 'Use one of the steps that completion offers.',
  detect: (context) => findingsOf(context, 'unknown-step'),
  bad: [{ recipe: 'model: a.onnx\nsteps:\n  - <|optimise|>: {}\n' }],
  good: [{ recipe: 'model: a.onnx\nsteps:\n  - optimize: {}\n' }],
});
