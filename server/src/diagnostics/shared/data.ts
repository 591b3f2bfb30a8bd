import { PareError } from '../../base/errors.ts';
import type { DatasetFacts } from '../../data/facts.ts';
import { unnamedInputs } from '../../data/further-inputs.ts';
import type { DataSource } from '../../data/source.ts';
import type { Shape } from '../../ir/dim.ts';
import type { Model } from '../../ir/model.ts';
import { shapeOf, type ValueInfo } from '../../ir/value-type.ts';
import { type Path, rangeOf } from '../../recipe/syntax.ts';
import type { RecipeContext } from '../define.ts';
import { valueAt } from './recipe-text.ts';

export type Which = 'train' | 'test';

/** A data set of a recipe whose files could be read. */
export interface NamedData {
  readonly which: Which;
  readonly facts: DatasetFacts;
  /** The file of the samples, as the recipe writes it. */
  readonly images: string;
  /** What the recipe says of it; undefined while the recipe does not fit its schema. */
  readonly source: DataSource | undefined;
}

export function dataOf({ recipe, plan, data }: RecipeContext): readonly NamedData[] {
  return (['train', 'test'] as const).flatMap((which) => {
    const facts = data[which];
    if (!facts || facts instanceof PareError) return [];
    const images = String(valueAt(recipe.value, ['data', which, 'images']));
    return [{ which, facts, images, source: plan?.data[which] }];
  });
}

/** Whether the samples of a data set have classes: the recipe names labels, or the data hold them. */
export function isLabelled({ plan, data }: RecipeContext, which: Which): boolean {
  const facts = data[which];
  const held = facts instanceof PareError ? undefined : facts?.labels;
  return (plan?.data[which]?.labels ?? held) !== undefined;
}

/** Whether the right answers are known: classes, or targets. */
export const isAnswered = (context: RecipeContext, which: Which): boolean =>
  isLabelled(context, which) || context.plan?.data[which]?.targets !== undefined;

/** The place of a setting of a data set. */
export const dataRange = ({ recipe }: RecipeContext, which: Which, ...path: Path) =>
  rangeOf(recipe, ['data', which, ...path]);

/** Inputs of a model that a caller has to give. */
export const inputsOf = ({ graph }: Model): readonly ValueInfo[] =>
  graph.inputs.filter(({ name }) => !graph.initializers.has(name));

/** Inputs of the model that a data set says nothing of; the samples go into the first. */
export function unfedInputs(
  model: Model,
  images: string,
  source: DataSource | undefined,
): readonly ValueInfo[] {
  const inputs = inputsOf(model);
  const names = unnamedInputs(
    inputs.map(({ name }) => name),
    { images, inputs: source?.inputs },
  );
  return inputs.filter(({ name }) => names.includes(name));
}

/** The shape of one sample as the model wants it; undefined when its input is not known or does not say. */
export function wantedShape(model: Model, { images, source }: NamedData): Shape | undefined {
  const [input, ...others] = unfedInputs(model, images, source);
  return input && others.length === 0 ? shapeOf(input.type)?.slice(1) : undefined;
}
