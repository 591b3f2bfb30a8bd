import { defineDiagnostic } from '../define.ts';
import { findingsOf } from '../shared/issues.ts';

export const recipeSyntax = defineDiagnostic({
  subject: 'recipe',
  code: 'recipe-syntax',
  severity: 'error',
  what: 'The recipe is not valid YAML.',
  why: 'Nothing after the broken place can be trusted, so the recipe cannot be run.',
  remedy: 'Check indentation (spaces, not tabs), brackets, quotes and the blank after a colon.',
  detect: (context) => findingsOf(context, 'recipe-syntax'),
  bad: [{ recipe: 'model: a.onnx\nsteps: [optimize: {<|}|>\n' }],
  good: [{ recipe: 'model: a.onnx\nsteps: [optimize: {}]\n' }],
});
