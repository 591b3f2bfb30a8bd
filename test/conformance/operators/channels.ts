import type { Attributes } from '../../../server/src/ir/attribute.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { type TensorType, tensorType } from '../../../server/src/ir/value-type.ts';
import {
  type Coupling,
  isNone,
  type Operator,
  readAttributes,
  type Sample,
  type SampleInput,
  type Slot,
} from '../../../server/src/ops/define.ts';
import { inputName, outputName, runOnce, sampleModel, toArray } from './sample-model.ts';

type Arrays = Readonly<Record<string, NdArray>>;
type Cut = ReadonlyMap<string, ReadonlySet<number>>;

const key = ({ input, output, axis }: Slot): string =>
  `${input === undefined ? outputName(output!) : inputName(input)}:${axis}`;

/**
 * What is wrong with an operator's couplings on a sample: sizes that do not meet, or a cut that gives an illegal node or other
 * values. Where the cut reaches an output, what is left of it must be as before (but for couplings that say `mixes`); where it
 * does not, the channels are summed over, and the result must be as if the cut ones were zero.
 */
export async function channelProblems(operator: Operator, sample: Sample): Promise<readonly string[]> {
  if (isNone(operator.channels)) return [];
  const { model, graph, node, feeds } = sampleModel(operator, sample);
  const results = await runOnce(model, feeds);
  const types = (array: { readonly type: NdArray['type']; readonly dims: readonly number[] } | undefined) =>
    array && tensorType(array.type, array.dims);
  const inputs = sample.inputs.map((input) => input && types({ type: input.type, dims: input.shape }));
  const outputs = node.outputs.map((name) => types(results[name]));
  const attributes = readAttributes(operator.attributes, node.attributes);
  const couplings = operator.channels({
    inputs,
    outputs,
    attributes,
    constant: (input) => graph.constant(node.inputs[input] ?? ''),
  });
  const sizeOf = ({ input, output, axis }: Slot) =>
    (input === undefined ? outputs[output!] : inputs[input])?.shape?.[axis] as number | undefined;
  const problems = couplings.flatMap((coupling) => sizeProblem(coupling, sizeOf));
  if (problems.length > 0) return problems;
  for (const coupling of couplings) {
    const cut = cutOf(coupling, couplings, sizeOf);
    if (!cut) continue;
    const problem = await cutProblem(operator, sample, couplings, cut, results);
    if (problem)
      problems.push(`cutting ${[...cut].map(([slot, set]) => `${slot}[${[...set]}]`).join(' ')}: ${problem}`);
  }
  return problems;
}

type SizeOf = (slot: Slot) => number | undefined;

function sizeProblem(coupling: Coupling, sizeOf: SizeOf): string[] {
  const { from, to, offset = 0, repeat = 1, tile = 1, groups = 1 } = coupling;
  const [a, b] = [sizeOf(from), sizeOf(to)];
  const name = `${key(from)} -> ${key(to)}`;
  if (a === undefined || b === undefined) return [`${name}: no such axis`];
  if (a % groups !== 0 || b % groups !== 0) return [`${name}: ${a} and ${b} are not ${groups} equal groups`];
  const end = offset + a * repeat * tile;
  return end > b ? [`${name}: channels up to ${end} of ${b}`] : [];
}

/** Where channel c of `from` is in `to`. */
function images({ offset = 0, repeat = 1, tile = 1 }: Coupling, c: number, count: number): number[] {
  return Array.from({ length: tile * repeat }, (_, i) => {
    const [t, r] = [Math.floor(i / repeat), i % repeat];
    return offset + (t * count + c) * repeat + r;
  });
}

/** All that must go when the first channel of a coupling goes; undefined when nothing would be left of an axis. */
function cutOf(start: Coupling, couplings: readonly Coupling[], sizeOf: SizeOf): Cut | undefined {
  const cut = new Map<string, Set<number>>();
  const sizes = new Map<string, number>();
  const add = (slot: Slot, index: number): boolean => {
    const set = cut.get(key(slot)) ?? new Set();
    cut.set(key(slot), set);
    sizes.set(key(slot), sizeOf(slot)!);
    const fresh = !set.has(index);
    set.add(index);
    return fresh;
  };
  // Parts of a reshaped axis are each one way to prune it: another way than the one tried is left alone.
  const plain = ({ repeat = 1, tile = 1 }: Coupling) => repeat === 1 && tile === 1;
  const used = couplings.filter(
    (coupling) => coupling === start || plain(coupling) || key(coupling.to) !== key(start.to),
  );
  add(start.from, 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (const coupling of used) {
      const { from, to, groups = 1 } = coupling;
      const count = sizeOf(from)!;
      const block = count / groups;
      for (let c = 0; c < count; c++) {
        const own = cut.get(key(from))?.has(c) ?? false;
        const there = images(coupling, c, count).some((image) => cut.get(key(to))?.has(image));
        if (!own && !there) continue;
        for (let g = 0; g < groups; g++) {
          const twin = (c % block) + g * block;
          if (add(from, twin)) changed = true;
          for (const image of images(coupling, twin, count)) if (add(to, image)) changed = true;
        }
      }
    }
  }
  return [...cut].some(([slot, set]) => set.size >= sizes.get(slot)!) ? undefined : cut;
}

async function cutProblem(
  operator: Operator,
  sample: Sample,
  couplings: readonly Coupling[],
  cut: Cut,
  results: Arrays,
): Promise<string | undefined> {
  const { node } = sampleModel(operator, sample);
  const outputs = node.outputs.map((name) => {
    const array = results[name];
    return array && tensorType(array.type, array.dims);
  });
  const smaller = applyCut(operator, sample, cut, outputs);
  let found: Arrays;
  try {
    const { model, feeds } = sampleModel(operator, smaller);
    found = await runOnce(model, feeds);
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
  const expected: Record<string, NdArray> = {};
  for (const [name, value] of Object.entries(results)) expected[name] = without(value, name, cut, 'remove');
  for (const [name, value] of Object.entries(expected)) {
    const dims = found[name]!.dims;
    if (String(dims) !== String(value.dims)) return `${name} is [${dims}], not [${value.dims}]`;
  }
  if (!operator.deterministic) return undefined;
  const touches = (coupling: Coupling) => cut.has(key(coupling.from)) && cut.has(key(coupling.to));
  if (couplings.some((coupling) => coupling.mixes && touches(coupling))) return undefined;
  if (![...cut.keys()].some((slot) => slot.startsWith('out'))) {
    const zeroed = {
      ...sample,
      inputs: sample.inputs.map((input, i) => zeroInput(input, inputName(i), cut)),
    };
    const { model, feeds } = sampleModel(operator, zeroed);
    return difference(found, await runOnce(model, feeds));
  }
  return difference(found, expected);
}

/** The largest difference between results, when it is more than rounding. */
function difference(found: Arrays, expected: Arrays): string | undefined {
  for (const [name, { data }] of Object.entries(expected)) {
    for (const [i, value] of [...(data as Iterable<number | bigint | string>)].entries()) {
      const other = found[name]!.data[i]!;
      const [a, b] = [Number(value), Number(other)];
      if (typeof value === 'string' ? value !== other : Math.abs(a - b) > 1e-4 * (1 + Math.abs(a)))
        return `${name}[${i}] is ${other}, not ${value}`;
    }
  }
  return undefined;
}

/** The sample with the channels gone from its inputs, and with what its `resize` rule says. */
function applyCut(
  operator: Operator,
  sample: Sample,
  cut: Cut,
  outputs: readonly (TensorType | undefined)[],
): Sample {
  const inputs = sample.inputs.map((input, index) => input && cutInput(input, inputName(index), cut));
  const types = (list: Sample['inputs']): readonly (TensorType | undefined)[] =>
    list.map((input) => input && tensorType(input.type, input.shape));
  const attributes = sample.attributes ?? new Map();
  const { graph, node } = sampleModel(operator, sample);
  const resized =
    operator.resize?.({
      attributes: readAttributes(operator.attributes, attributes),
      inputs: types(sample.inputs),
      outputs: outputs,
      constant: (input) => graph.constant(node.inputs[input] ?? ''),
      kept: (slot) => {
        const size = (slot.input === undefined ? outputs[slot.output!] : types(sample.inputs)[slot.input])
          ?.shape?.[slot.axis];
        const gone = cut.get(key(slot));
        return Array.from({ length: size as number }, (_, at) => at).filter((at) => !gone?.has(at));
      },
    }) ?? {};
  const merged = new Map([...attributes, ...Object.entries(resized.attributes ?? {})]);
  const count = Math.max(
    inputs.length,
    ...Object.keys(resized.inputs ?? {}).map((index) => Number(index) + 1),
  );
  return {
    ...sample,
    attributes: new Map([...merged].filter(([, value]) => value !== undefined)) as Attributes,
    inputs: Array.from({ length: count }, (_, index) => {
      const values = resized.inputs?.[index];
      return values ? { type: 'int64', shape: [values.length], values, constant: true } : inputs[index];
    }),
  };
}

function cutInput(input: SampleInput, name: string, cut: Cut): SampleInput {
  const { dims, data } = without(toArray(input), name, cut, 'remove');
  return { ...input, shape: dims, values: data };
}

function zeroInput(input: SampleInput | undefined, name: string, cut: Cut): SampleInput | undefined {
  if (!input || ![...cut.keys()].some((slot) => slot.startsWith(`${name}:`))) return input;
  return { ...input, values: without(toArray(input), name, cut, 'zero').data };
}

/** An array without the channels that are cut, or with zeros in their place. */
function without(array: NdArray, name: string, cut: Cut, how: 'remove' | 'zero'): NdArray {
  const { dims, data } = array;
  const sets = dims.map((_, axis) => cut.get(`${name}:${axis}`) ?? new Set<number>());
  const kept: number[] = [];
  const gone = new Set<number>();
  for (let at = 0; at < data.length; at++) {
    let rest = at;
    let inside = true;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (sets[axis]!.has(rest % dims[axis]!)) inside = false;
      rest = Math.floor(rest / dims[axis]!);
    }
    if (inside) kept.push(at);
    else gone.add(at);
  }
  const pick = <T>(list: ArrayLike<T>, zero: T): T[] =>
    how === 'remove'
      ? kept.map((at) => list[at]!)
      : Array.from(list, (value, at) => (gone.has(at) ? zero : value));
  const size = how === 'remove' ? dims.map((dim, axis) => dim - sets[axis]!.size) : dims;
  if (array.type === 'string') return { ...array, dims: size, data: pick(data as readonly string[], '') };
  const values = pick(data as ArrayLike<number | bigint>, typeof data[0] === 'bigint' ? 0n : 0);
  return toArray({ type: array.type, shape: size, values: toStored(array, values) });
}

/** float16 arrays hold bits, which must not be converted again. */
function toStored(array: NdArray, values: readonly (number | bigint)[]): SampleInput['values'] {
  const make = array.data.constructor as new (list: readonly (number | bigint)[]) => SampleInput['values'];
  return new make(values);
}
