import type { ModelCost } from '../analysis/cost.ts';
import type { Shapes } from '../analysis/shapes.ts';
import type { PareError, TextRange } from '../base/errors.ts';
import type { DatasetFacts } from '../data/facts.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Issue, Plan } from '../recipe/plan.ts';
import type { RecipeText } from '../recipe/syntax.ts';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

interface Common {
  /** Stable, kebab-case, never reused. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, why it matters, what to do: a sentence or two each, for docs and hover. */
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

/** A defect or a risk of a model file. */
export interface ModelDiagnostic extends Common {
  readonly subject: 'model';
  readonly detect: (context: ModelContext) => Iterable<ModelFinding>;
  /** Models with this defect, and much the same models without it: for the docs, and the tests run them all. */
  readonly bad: readonly (() => Model)[];
  readonly good: readonly (() => Model)[];
}

/** A defect or a risk of a recipe, alone or with the model and data that it names. */
export interface RecipeDiagnostic extends Common {
  readonly subject: 'recipe';
  readonly detect: (context: RecipeContext) => Iterable<RecipeFinding>;
  /** Recipes with this defect, each place of it marked `<|...|>`, and much the same recipes without it. */
  readonly bad: readonly RecipeExample[];
  readonly good: readonly RecipeExample[];
}

/** A recipe with what its files are said to hold. */
export interface RecipeExample {
  readonly recipe: string;
  /** Undefined: no such file. */
  readonly model?: () => Model;
  readonly data?: RecipeContext['data'];
}

/** Why a file cannot be used at all. The reader of the file detects it and throws a `PareError` of this code. */
export interface FileDiagnostic extends Common {
  readonly subject: 'file';
}

/** One thing that Pare can find wrong, whole: detection, words, fixes and docs. */
export type Diagnostic = ModelDiagnostic | RecipeDiagnostic | FileDiagnostic;

export interface ModelContext {
  readonly model: Model;
  readonly shapes: Shapes;
  readonly cost: ModelCost;
  /** The name that people use for a node. */
  readonly nameOf: (node: Node) => string;
  /** True when detectors may read the weights of the file; the language server never lets them. */
  readonly readsWeights: boolean;
}

export interface ModelFinding {
  readonly message: string;
  /** Layer or initializer. */
  readonly name?: string;
  /** Instead of the declared one, where a finding is milder or graver. */
  readonly severity?: Severity;
  /** What to do in this very case, instead of the declared remedy. */
  readonly hint?: string;
  /** Mends a copy of the model: `pare check --fix` and the quick fix write it to a new file. */
  readonly fix?: { readonly title: string; readonly apply: (model: Model) => Model };
}

export interface RecipeContext {
  readonly recipe: RecipeText;
  /** Path of the recipe's file; paths in the recipe are relative to its folder. */
  readonly file: string;
  /** Undefined while the recipe does not fit its schema. */
  readonly plan: Plan | undefined;
  readonly issues: readonly Issue[];
  /** Facts of the files that the recipe names, or why they cannot be had. Undefined where it names none. */
  readonly model: ModelContext | undefined;
  readonly modelError: PareError | undefined;
  readonly data: Readonly<Partial<Record<'train' | 'test', DatasetFacts | PareError>>>;
}

export interface RecipeFinding {
  readonly message: string;
  readonly range: TextRange;
  /** Instead of the declared one, where a finding is milder or graver. */
  readonly severity?: Severity;
  /** What to do in this very case, instead of the declared remedy. */
  readonly hint?: string;
  readonly fixes?: readonly RecipeFix[];
}

export interface RecipeFix {
  readonly title: string;
  readonly edits: readonly { readonly range: TextRange; readonly text: string }[];
}

/** Declares a diagnostic; what it is about keeps its type, so that another one can build on it. */
export function defineDiagnostic<const D extends Diagnostic>(declaration: D): D {
  return declaration;
}
