import { resolve } from 'node:path';
import { modelCost } from '../../analysis/cost.ts';
import { buildArchitecture } from '../../architecture/build.ts';
import type { Architecture } from '../../architecture/schema.ts';
import { freshWeights } from '../../autodiff/fresh-weights.ts';
import { formatCount } from '../../base/units.ts';
import type { Model } from '../../ir/model.ts';
import { openModel } from '../../onnx/files.ts';
import type { StepContext } from '../define.ts';
import { shrinkWidths } from './shrink-widths.ts';

export interface StudentSettings {
  readonly student?: string | Architecture | undefined;
  readonly width: number;
  readonly start: 'trained' | 'scratch';
}

/** The model that is trained, with the sentences that say what became of the given one. */
export interface Student {
  readonly model: Model;
  readonly notes: readonly string[];
}

/**
 * What the settings ask for: the model itself, a file, or a network in words; then with narrower layers, and with weights
 * drawn anew. Errors: those of opening a model, `architecture`, `distill-width`.
 */
export function chosenStudent(given: Model, settings: StudentSettings, context: StepContext): Student {
  const { student, width, start } = settings;
  const whole =
    student === undefined
      ? given
      : typeof student === 'string'
        ? openModel(resolve(context.folder ?? '.', student))
        : buildArchitecture(student, context.seed);
  const shrunk = width < 1 ? shrinkWidths(whole, width) : undefined;
  const model = shrunk?.model ?? whole;
  return {
    model: start === 'scratch' ? freshWeights(model, context.seed) : model,
    notes: [
      ...(model === given ? [] : [sizeNote(model, given)]),
      ...(shrunk && shrunk.blocked.length > 0
        ? [`${shrunk.blocked.length} widths stayed as they were; the first because ${shrunk.blocked[0]}.`]
        : []),
    ],
  };
}

function sizeNote(student: Model, given: Model): string {
  const [now, before] = [modelCost(student).parameters, modelCost(given).parameters];
  return `The student has ${formatCount(now)} parameters; the model that it takes the place of had ${formatCount(before)}.`;
}
