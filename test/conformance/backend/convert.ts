/** What Pare makes of one case of ONNX's backend suite: files for `check.py` to judge, and what it can judge itself. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inferShapes } from '../../../server/src/analysis/shapes.ts';
import { messageOf } from '../../../server/src/base/errors.ts';
import { dataTypeOf } from '../../../server/src/ir/data-type.ts';
import { formatType, type ValueType } from '../../../server/src/ir/value-type.ts';
import { openModel, saveModel } from '../../../server/src/onnx/files.ts';
import { readText } from '../../../server/src/onnx/text/build.ts';
import { printModel } from '../../../server/src/onnx/text/printer.ts';
import { upgradeModel } from '../../../server/src/onnx/upgrade/upgrade.ts';
import type { Aspect } from './aspects.ts';

export interface Case {
  readonly name: string;
  readonly group: string;
  readonly opset: number;
  readonly domains: readonly string[];
  readonly operators: readonly string[];
  readonly outputs: Readonly<Record<string, Described>>;
  /** Shapes of outputs by onnx's own inference; null is a dimension that it does not know. */
  readonly reference: Readonly<Record<string, readonly (number | null)[]>>;
}

/** An expected output: a tensor's type and shape, or what else it is. */
type Described = { readonly type: number; readonly shape: readonly number[] } | { readonly kind: string };

/** By aspect: null where it passes, else why not. */
export type Verdicts = Partial<Record<Aspect, string | null>>;

/** Writes what the Python side needs into `work/<name>` and gives the verdicts that need no Python. */
export function convert(item: Case, cases: string, work: string): Verdicts {
  const from = (file: string) => join(cases, item.name, file);
  const to = (file: string) => join(work, item.name, file);
  const verdicts: Verdicts = {};
  mkdirSync(join(work, item.name), { recursive: true });
  attempt(verdicts, 'written', () => saveModel(openModel(from('model.onnx')), to('written.onnx')));
  attempt(verdicts, 'printed', () =>
    writeFileSync(to('ours.txt'), printModel(openModel(from('model.onnx')))),
  );
  if (existsSync(to('ours.txt')))
    attempt(verdicts, 'reread', () => build(readFileSync(to('ours.txt'), 'utf8'), to('reparsed.onnx')));
  if (existsSync(from('theirs.txt')))
    attempt(verdicts, 'theirs', () => build(readFileSync(from('theirs.txt'), 'utf8'), to('theirs.onnx')));
  attempt(verdicts, 'upgraded', () => upgrade(from('model.onnx'), to('upgraded.onnx')));
  verdicts.types = types(item, from('bound.onnx'));
  return verdicts;
}

function attempt(verdicts: Verdicts, aspect: Aspect, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    verdicts[aspect] = messageOf(error);
  }
}

function build(text: string, path: string): void {
  const { model, problems } = readText(text);
  if (problems[0] || !model) throw new Error(problems[0]?.message ?? 'no model');
  saveModel(model, path);
}

/** A model that is new enough already has nothing to show. */
function upgrade(path: string, into: string): void {
  const model = openModel(path);
  const { model: upgraded, blocked } = upgradeModel(model);
  if (blocked[0]) throw new Error(`stays: ${blocked[0].reason}`);
  if (upgraded !== model) saveModel(upgraded, into);
}

/** Compares inferred types with the expected outputs; null where all are equal. */
function types(item: Case, path: string): string | null {
  try {
    const shapes = inferShapes(openModel(path));
    const [problem] = shapes.problems;
    if (problem) return problem.message;
    for (const [name, expected] of Object.entries(item.outputs)) {
      const why = differs(shapes.types.get(name), expected, item.reference[name]);
      if (why) return `${name}: ${why}`;
    }
    return null;
  } catch (error) {
    return `crash: ${messageOf(error)}`;
  }
}

function differs(
  type: ValueType | undefined,
  expected: Described,
  reference: readonly (number | null)[] | undefined,
): string | undefined {
  if (!type) return 'unknown';
  if (!('shape' in expected)) {
    const fits = {
      list: type.kind === 'sequence' || type.kind === 'optional',
      none: type.kind === 'optional',
    };
    return (fits[expected.kind as keyof typeof fits] ?? false)
      ? undefined
      : `${formatType(type)} is no ${expected.kind}`;
  }
  const wanted = { kind: 'tensor', type: dataTypeOf(expected.type), shape: expected.shape } as const;
  const tensor = type.kind === 'optional' ? type.element : type;
  if (tensor?.kind !== 'tensor') return `${formatType(type)} is not ${formatType(wanted)}`;
  const complaint = `${formatType(tensor)} is not ${formatType(wanted)}`;
  if (tensor.type !== wanted.type) return complaint;
  if (!tensor.shape) return reference || wanted.shape.length === 0 ? complaint : undefined;
  if (tensor.shape.length !== wanted.shape.length) return complaint;
  // A dimension that depends on the values alone is unknown to onnx too; any other one must be a number.
  const wrong = tensor.shape.some((dim, axis) =>
    typeof dim === 'number' ? dim !== wanted.shape[axis] : !reference || reference[axis] !== null,
  );
  return wrong &&
    !(
      reference === undefined &&
      tensor.shape.every((dim, axis) => typeof dim !== 'number' || dim === wanted.shape[axis])
    )
    ? complaint
    : undefined;
}
