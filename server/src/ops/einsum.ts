import { text } from '../ir/attribute.ts';
import { type Dim, type Shape, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, type Coupling, defineOp, refuseGradient } from './define.ts';
import { calculator, intList } from './shared/calculator.ts';
import { parseEquation, type Term } from './shared/einsum-equation.ts';
import { waveInput } from './shared/elementwise.ts';

/** Sizes of the labels, by what the inputs say of them; a size above 1 wins over 1. */
function labelSizes(
  terms: readonly Term[],
  shapes: readonly (Shape | undefined)[],
  fail: (message: string) => never,
): ReadonlyMap<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const [i, term] of terms.entries()) {
    const shape = shapes[i];
    if (!shape) continue;
    if (shape.length !== term.length)
      fail(`term ${i} has ${term.length} labels but the input has rank ${shape.length}`);
    for (const [axis, label] of term.entries()) {
      const [known, dim] = [sizes.get(label), shape[axis]!];
      if (typeof known === 'number' && typeof dim === 'number' && known !== dim && known !== 1 && dim !== 1)
        fail(`label '${label}' has sizes ${known} and ${dim}`);
      if (
        known === undefined ||
        known === 1 ||
        (typeof known === 'string' && typeof dim === 'number' && dim !== 1)
      )
        sizes.set(label, dim);
    }
  }
  return sizes;
}

/**
 * Sums products over the labels that the output does not have. Gradient of an input: the product of dY and the other inputs,
 * summed to that input's labels.
 */
export const einsum = defineOp({
  type: 'Einsum',
  summary:
    'Einstein summation: `ij,jk->ik` is a matrix product; labels that the output lacks are summed over.',
  inputs: ['Inputs*'],
  outputs: ['Output'],
  attributes: { equation: attribute.string('Labels of every input and of the output.', '') },
  infer: ({ inputs, attributes: { equation }, fail }) => {
    const first = inputs[0];
    if (first?.kind !== 'tensor') return [undefined];
    const shapes = inputs.map(shapeOf);
    const parsed = parseEquation(
      equation,
      shapes.map((shape) => shape?.length),
      fail,
    );
    if (!parsed) return [tensorType(first.type)];
    const sizes = labelSizes(parsed.inputs, shapes, fail);
    return [
      tensorType(
        first.type,
        parsed.output.map((label) => sizes.get(label) ?? unknownDim),
      ),
    ];
  },
  cost: ({ inputs, attributes: { equation } }) => {
    const shapes = inputs.map((input) => input?.shape);
    const parsed = parseEquation(
      equation,
      shapes.map((shape) => shape?.length),
      () => undefined as never,
    );
    if (!parsed) return { macs: 0, operations: 0 };
    const sizes = labelSizes(parsed.inputs, shapes, () => undefined as never);
    const steps = [...sizes.values()].reduce<number>(
      (product, dim) => product * (typeof dim === 'number' ? dim : 1),
      1,
    );
    return inputs.length > 1
      ? { macs: steps * (inputs.length - 1), operations: 0 }
      : { macs: 0, operations: steps };
  },
  gradient: (context) => {
    const {
      build,
      inputs,
      types,
      attributes: { equation },
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const refuse = (why: string) => refuseGradient(context, why);
    const parsed = parseEquation(
      equation,
      inputs.map((input) => types(input).shape?.length),
      refuse,
    );
    if (!parsed) return refuse('a rank is not known');
    const m = calculator(context);
    return inputs.map((input, index) => {
      if (!wants(index)) return undefined;
      const term = parsed.inputs[index]!;
      if (new Set(term).size < term.length) return refuse('a label is repeated in one input');
      const others = inputs.flatMap((value, i) => (i === index ? [] : [{ value, term: parsed.inputs[i]! }]));
      const sources = [{ value: dy, term: parsed.output }, ...others];
      const reached = new Set(sources.flatMap((source) => source.term));
      const kept = term.filter((label) => reached.has(label));
      const gradient = build.op(
        'Einsum',
        sources.map(({ value }) => value),
        { equation: text(`${sources.map((source) => source.term.join('')).join(',')}->${kept.join('')}`) },
      );
      if (kept.length === term.length) return gradient;
      // Labels that only this input has were summed: their gradient is the same everywhere.
      const missing = term.flatMap((label, axis) => (reached.has(label) ? [] : [axis]));
      return m.expandLike(build.op('Unsqueeze', [gradient, intList(build, missing)]), input);
    });
  },
  channels: ({ inputs, attributes: { equation } }) => {
    const parsed = parseEquation(
      equation,
      inputs.map((input) => input?.shape?.length),
      () => undefined as never,
    );
    if (!parsed) return [];
    const couplings: Coupling[] = [];
    const places = new Map<string, Coupling['from'][]>();
    for (const [input, term] of parsed.inputs.entries())
      for (const [axis, label] of term.entries())
        if (inputs[input]?.shape?.[axis] !== 1)
          places.set(label, [...(places.get(label) ?? []), { input, axis }]);
    for (const [label, slots] of places) {
      const output = parsed.output.indexOf(label);
      const [first, ...rest] = slots as [Coupling['from'], ...Coupling['from'][]];
      for (const slot of rest) couplings.push({ from: slot, to: first });
      if (output >= 0) couplings.push({ from: first, to: { output: 0, axis: output } });
    }
    return couplings;
  },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    ['ij,jk->ik', [2, 3], [3, 4]],
    ['bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]],
    ['...ij,...jk', [2, 3, 4], [2, 4, 2]],
    ['ij->i', [3, 4]],
    ['i,j->ij', [3], [2]],
    ['bi,ij,bj->b', [2, 3], [3, 2], [2, 2]],
  ].map(([equation, ...shapes]) => ({
    name: equation as string,
    inputs: (shapes as readonly (readonly number[])[]).map((shape) => waveInput(shape)),
    attributes: new Map([['equation', text(equation as string)]]),
  })),
});
