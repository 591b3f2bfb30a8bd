import * as z from 'zod';
import { architectureSchema } from '../architecture/schema.ts';
import { providers } from '../base/providers.ts';
import { duration, percentage, size } from '../base/setting-types.ts';
import { dataSource } from '../data/source.ts';
import type { Step } from '../steps/define.ts';
import { steps } from '../steps/index.ts';

/** Everything of a recipe but the settings of its steps, which each step declares itself. */
export const recipeSchema = z.strictObject({
  model: z
    .union([z.string().min(1), architectureSchema])
    .describe(
      'The ONNX model to compress, relative to the recipe; it is never changed. Or a network to train from scratch: `{input: [1, 28, 28], layers: [conv 20 5x5, maxpool 2, dense 10]}`.',
    ),
  data: z
    .strictObject({
      train: dataSource.optional().describe('Data that steps may learn from: calibration and training.'),
      test: dataSource
        .optional()
        .describe('Data that accuracy is measured on, before and after. No step ever learns from it.'),
    })
    .prefault({})
    .describe('Where the data are and how they are read. Nothing leaves this machine.'),
  budget: z
    .strictObject({
      size: size().optional().describe('The compressed file may have at most so many bytes.'),
      latency: duration()
        .optional()
        .describe('The median time of one sample may be at most this, measured on this machine.'),
      memory: size()
        .optional()
        .describe('Loading and running the model may add at most so much memory to a process.'),
      'accuracy-drop': percentage()
        .optional()
        .describe('Accuracy may fall by at most so many points: `0.5 %` allows 91.7 % to become 91.2 %.'),
    })
    .prefault({})
    .describe(
      'What the result must keep to. A run that misses it exits with 1 and says by how much; the model is kept.',
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('Seed of everything random: the same recipe and seed give the same model.'),
  provider: z
    .enum(providers)
    .default('cpu')
    .describe(
      'What models are trained, evaluated and timed on: the processor, or a graphics card by `webgpu`, `cuda`, `tensorrt`, `dml` (Windows), `coreml` (macOS), `qnn`. A run ends at once where it does not work: `pare bench MODEL --providers` says which do.',
    ),
  steps: z
    .array(z.unknown())
    .min(1)
    .describe('What to do, in order. Each step is one key with its settings.'),
  layers: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Settings for single layers, by name or pattern: `conv1: {quantize: {skip: true}}`; `*` matches within a part of the name, `**` across parts.',
    ),
});

export const findStep = (name: string): Step | undefined => steps.find((step) => step.name === name);

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly unit?: string;
  readonly [key: string]: unknown;
}

/** A zod schema as JSON Schema, in the form that people write (before defaults and conversions). */
export const toJsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // Examples are in the form that people write, but zod drops those of schemas that convert.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  }) as JsonSchema;

let made: JsonSchema | undefined;

/** The JSON Schema of a whole recipe, steps included: what completion, hover, docs and other editors use. */
export function recipeJsonSchema(): JsonSchema {
  if (made) return made;
  const base = toJsonSchema(recipeSchema);
  // References lead to the root, which holds what the schemas of steps refer to as well.
  const definitions: Record<string, JsonSchema> = { ...(base.$defs as Record<string, JsonSchema>) };
  const each = (schemas: readonly (readonly [Step, z.ZodObject])[]) =>
    Object.fromEntries(
      schemas.map(([step, schema]) => {
        const { $defs, ...own } = toJsonSchema(schema);
        Object.assign(definitions, $defs);
        return [step.name, { ...own, description: step.summary }];
      }),
    );
  const settings = each(steps.map((step) => [step, step.settings]));
  const overrides = each(
    steps.flatMap((step) => (step.layerSettings ? [[step, step.layerSettings] as const] : [])),
  );
  made = {
    ...base,
    $defs: definitions,
    title: 'Pare recipe',
    properties: {
      ...base.properties,
      steps: {
        ...base.properties!.steps,
        items: {
          type: 'object',
          properties: settings,
          additionalProperties: false,
          minProperties: 1,
          maxProperties: 1,
        },
      },
      layers: {
        ...base.properties!.layers,
        additionalProperties: { type: 'object', properties: overrides, additionalProperties: false },
      },
    },
  };
  return made;
}

/** The schema of what stands at a path of a recipe, or undefined where nothing is declared. */
export function schemaAt(path: readonly (string | number)[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = recipeJsonSchema();
  for (const step of path) {
    const options: readonly JsonSchema[] = schema.anyOf ?? [schema];
    schema = options
      .map((option) =>
        typeof step === 'number'
          ? option.items
          : (option.properties?.[step] ??
            (typeof option.additionalProperties === 'object' ? option.additionalProperties : undefined)),
      )
      .find((found) => found !== undefined);
    if (!schema) return undefined;
  }
  return schema;
}
