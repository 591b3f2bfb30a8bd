import type * as z from 'zod';
import type { TextRange } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import type { Step } from '../steps/define.ts';
import { steps } from '../steps/index.ts';
import { findStep, recipeSchema } from './schema.ts';
import { type Path, type RecipeText, rangeOf } from './syntax.ts';

/** A recipe that has been checked against its schema: defaults are filled in, units are numbers. */
export interface Plan extends Omit<z.output<typeof recipeSchema>, 'steps' | 'layers'> {
  readonly steps: readonly PlannedStep[];
  readonly layers: readonly LayerOverride[];
}

export interface PlannedStep {
  readonly step: Step;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings as written, for the report and the cache key. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

export interface LayerOverride {
  readonly pattern: string;
  /** Checked settings by step name. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Something that the schema says is wrong with a recipe. */
export interface Issue {
  readonly code: 'recipe-syntax' | 'unknown-key' | 'unknown-step' | 'missing-key' | 'bad-value';
  readonly message: string;
  readonly range: TextRange;
  readonly path: Path;
  /** The word that was probably meant instead of the one at `range`. */
  readonly suggestion?: string;
}

export interface Checked {
  /** Undefined when the recipe has issues. */
  readonly plan: Plan | undefined;
  readonly issues: readonly Issue[];
}

/** Checks a recipe against the schema and the steps' own schemas. Looks at no file. */
export function planRecipe(recipe: RecipeText): Checked {
  const issues: Issue[] = recipe.errors.map(({ message, range }) => ({
    code: 'recipe-syntax',
    message: `Not valid YAML: ${message}`,
    range,
    path: [],
  }));
  if (!isRecord(recipe.value)) {
    if (issues.length === 0)
      issues.push({
        code: 'missing-key',
        message: "A recipe starts with 'model:' and 'steps:'.",
        range: rangeOf(recipe, []),
        path: [],
      });
    return { plan: undefined, issues };
  }
  const checker = new Checker(recipe, issues);
  const base = checker.check(recipeSchema, recipe.value, []);
  const planned = (Array.isArray(recipe.value.steps) ? recipe.value.steps : []).map((item, index) =>
    checker.step(item, index),
  );
  const layers = Object.entries(isRecord(recipe.value.layers) ? recipe.value.layers : {}).map(
    ([pattern, value]) => checker.layer(pattern, value),
  );
  if (!base || issues.length > 0) return { plan: undefined, issues };
  return { plan: { ...base, steps: planned as PlannedStep[], layers: layers as LayerOverride[] }, issues };
}

/** The settings with their defaults, from what a person or a command line gave. Issues have paths into `value`. */
export function checkSettings<S extends z.ZodObject>(
  schema: S,
  value: unknown,
): {
  readonly settings?: z.output<S>;
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
} {
  const result = schema.safeParse(value);
  return result.success
    ? { settings: result.data, problems: [] }
    : { problems: result.error.issues.map(({ path, message }) => ({ path: path as Path, message })) };
}

class Checker {
  readonly #recipe: RecipeText;
  readonly #issues: Issue[];

  constructor(recipe: RecipeText, issues: Issue[]) {
    this.#recipe = recipe;
    this.#issues = issues;
  }

  check<S extends z.ZodObject>(schema: S, value: unknown, at: Path): z.output<S> | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#zodIssue(schema, issue, at);
    return undefined;
  }

  step(item: unknown, index: number): PlannedStep | undefined {
    const at: Path = ['steps', index];
    const entries =
      typeof item === 'string' ? [[item, {}] as const] : isRecord(item) ? Object.entries(item) : [];
    if (entries.length !== 1) {
      this.#add('bad-value', 'A step is one key with its settings, such as `- quantize: {}`.', at);
      return undefined;
    }
    const [name, given] = entries[0]!;
    const step = this.#known(
      name,
      typeof item === 'string' ? at : [...at, name],
      typeof item === 'string' ? 'value' : 'key',
      steps,
    );
    const settings = step && this.check(step.settings, given ?? {}, [...at, name]);
    return step && settings
      ? { step, settings, given: isRecord(given) ? given : {}, path: [...at, name] }
      : undefined;
  }

  layer(pattern: string, value: unknown): LayerOverride | undefined {
    const at: Path = ['layers', pattern];
    if (!isRecord(value)) {
      this.#add(
        'bad-value',
        'Settings of a layer are written by step, such as `{quantize: {skip: true}}`.',
        at,
      );
      return undefined;
    }
    const settings: Record<string, Readonly<Record<string, unknown>>> = {};
    for (const [name, given] of Object.entries(value)) {
      const step = this.#known(
        name,
        [...at, name],
        'key',
        steps.filter((candidate) => candidate.layerSettings),
      );
      const checked = step && this.check(step.layerSettings!, given ?? {}, [...at, name]);
      if (checked) settings[name] = checked;
    }
    return { pattern, settings };
  }

  #known(name: string, path: Path, part: 'key' | 'value', candidates: readonly Step[]): Step | undefined {
    const names = candidates.map((step) => step.name);
    if (names.includes(name)) return findStep(name);
    const suggestion = didYouMean(name, names);
    this.#add(
      'unknown-step',
      `There is no step '${name}'.${suggestion ? ` Did you mean '${suggestion}'?` : ` Steps are ${names.join(', ')}.`}`,
      path,
      part,
      suggestion,
    );
    return undefined;
  }

  #zodIssue(schema: z.ZodType, issue: z.core.$ZodIssue, at: Path): void {
    const path: Path = [...at, ...(issue.path as Path)];
    if (issue.code === 'invalid_union' && valueAt(this.#recipe.value, path) !== undefined) {
      // The alternative of the right type says what is wrong; where none is, all are named.
      const meant = issue.errors.find((inner) =>
        inner.every(({ code, path }) => code !== 'invalid_type' || path.length > 0),
      );
      if (meant) {
        for (const inner of meant)
          this.#zodIssue(schema, { ...inner, path: [...issue.path, ...inner.path] }, at);
        return;
      }
    }
    if (issue.code === 'unrecognized_keys') {
      const siblings = keysOf(schema, issue.path as Path);
      for (const key of issue.keys) {
        const suggestion = didYouMean(key, siblings);
        const where =
          path.length > 0 ? ` in '${path.filter((part) => typeof part === 'string').join('.')}'` : '';
        this.#add(
          'unknown-key',
          `There is no setting '${key}'${where}.${suggestion ? ` Did you mean '${suggestion}'?` : ` Settings are ${siblings.join(', ') || 'none'}.`}`,
          [...path, key],
          'key',
          suggestion,
        );
      }
      return;
    }
    if (
      (issue.code === 'invalid_type' || issue.code === 'invalid_union') &&
      valueAt(this.#recipe.value, path) === undefined
    ) {
      this.#add('missing-key', `'${String(path.at(-1))}' is missing.`, path);
      return;
    }
    if (issue.code === 'invalid_value') {
      const values = issue.values.map(String);
      const given = String(valueAt(this.#recipe.value, path));
      const suggestion = didYouMean(given, values);
      this.#add('bad-value', `'${given}' is not one of ${values.join(', ')}.`, path, 'value', suggestion);
      return;
    }
    this.#add('bad-value', `'${String(path.at(-1))}': ${issue.message}`, path);
  }

  #add(
    code: Issue['code'],
    message: string,
    path: Path,
    part: 'key' | 'value' = 'value',
    suggestion?: string,
  ): void {
    this.#issues.push({
      code,
      message,
      path,
      range: rangeOf(this.#recipe, path, part),
      ...(suggestion ? { suggestion } : {}),
    });
  }
}

function keysOf(schema: z.ZodType, path: Path): readonly string[] {
  let current: unknown = schema;
  const shape = () => {
    for (;;) {
      const { shape, unwrap } = current as { shape?: Record<string, unknown>; unwrap?: () => unknown };
      if (shape) return shape;
      if (!unwrap) return {};
      current = unwrap.call(current);
    }
  };
  for (const key of path) current = (shape() as Record<string, unknown>)[String(key)];
  return current ? Object.keys(shape()) : [];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null
        ? (inside as Record<string, unknown>)[String(key)]
        : undefined,
    value,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
