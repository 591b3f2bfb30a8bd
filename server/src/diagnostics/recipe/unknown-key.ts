import { removalOf } from '../../recipe/edits.ts';
import { defineDiagnostic } from '../define.ts';
import { issuesOf } from '../shared/issues.ts';

export const unknownKey = defineDiagnostic({
  subject: 'recipe',
  code: 'unknown-key',
  severity: 'error',
  what: 'The recipe has a setting that Pare does not know.',
  why: 'A misspelt setting would leave its default in force, and nobody would see it.',
  remedy: 'Use one of the settings that completion offers at this place, or remove the key.',
  *detect(context) {
    for (const { issue, finding } of issuesOf(context, 'unknown-key')) {
      const removal = removalOf(context.recipe, issue.path);
      const remove = removal && {
        title: `Remove '${issue.path.at(-1)}'`,
        edits: [{ range: removal, text: '' }],
      };
      yield { ...finding, fixes: [...(finding.fixes ?? []), ...(remove ? [remove] : [])] };
    }
  },
  bad: [
    { recipe: 'model: a.onnx\n<|buget|>: {size: 40 KB}\nsteps: [optimize: {}]\n' },
    { recipe: 'model: a.onnx\nbudget: {<|colour|>: red}\nsteps: [optimize: {}]\n' },
  ],
  good: [{ recipe: 'model: a.onnx\nbudget: {size: 40 KB}\nsteps: [optimize: {}]\n' }],
});
