import { buildArchitecture } from '../../architecture/build.ts';
import { architectureSchema } from '../../architecture/schema.ts';
import { PareError } from '../../base/errors.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';

const recipe = (layers: string) =>
  `model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n  - distill: {student: {input: [1, 28, 28], layers: [${layers}]}}\n`;

export const studentNetwork = defineDiagnostic({
  subject: 'recipe',
  code: 'student-network',
  severity: 'error',
  what: 'The layers of a student that is written out in words make no network.',
  why: 'The run would end at this step.',
  remedy: 'Layers are written as under `model:`, such as `conv 20 5x5 relu` or `dense 10`.',
  *detect({ plan, recipe: text }) {
    for (const { step, settings, path } of plan?.steps ?? []) {
      const { data } = architectureSchema.safeParse(settings.student);
      if (step.name !== 'distill' || !data) continue;
      try {
        buildArchitecture(data, undefined);
      } catch (error) {
        if (!(error instanceof PareError)) throw error;
        const at = data.layers.indexOf(error.place?.name ?? '');
        yield {
          message: error.message,
          range: rangeOf(text, [...path, 'student', 'layers', ...(at < 0 ? [] : [at])]),
          ...(error.hint ? { hint: error.hint } : {}),
        };
      }
    }
  },
  bad: [{ recipe: recipe('<|conf 8|>, dense 10') }, { recipe: recipe('conv 8, <|maxpool 99|>, dense 10') }],
  good: [{ recipe: recipe('conv 8, maxpool 2, dense 10') }],
});
