import { defineDiagnostic } from '../define.ts';
import { findingsOf } from '../shared/issues.ts';

export const badValue = defineDiagnostic({
  subject: 'recipe',
  code: 'bad-value',
  severity: 'error',
  what: 'A setting has a value of the wrong kind, out of range or in an unknown unit.',
  why: 'Pare does not guess: `90` and `90 %`, or `2` and `2 ms`, are very different settings.',
  remedy: 'Hover the key to see what it takes: its unit, its range and an example.',
  detect: (context) => findingsOf(context, 'bad-value'),
  bad: [
    { recipe: 'model: a.onnx\nsteps: [optimize: {}]\nbudget: {size: <|40 parsecs|>}\n' },
    { recipe: 'model: a.onnx\nsteps: [optimize: {}]\nseed: <|-1|>\n' },
  ],
  good: [{ recipe: 'model: a.onnx\nsteps: [optimize: {}]\nbudget: {size: 40 KB}\nseed: 1\n' }],
});
