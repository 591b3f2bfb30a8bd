import { PareError } from '../../../server/src/base/errors.ts';
import type { Attribute, Attributes } from '../../../server/src/ir/attribute.ts';
import type { Dim, Shape } from '../../../server/src/ir/dim.ts';
import { type TensorType, tensorType, type ValueType } from '../../../server/src/ir/value-type.ts';
import { isNone, type Operator, readAttributes, type Sample } from '../../../server/src/ops/define.ts';
import { sampleModel } from './sample-model.ts';

type Types = readonly (ValueType | undefined)[];

/** Ways in which the inputs of a node in a damaged or unusual file differ from a legal sample. */
function variants(types: readonly (TensorType | undefined)[]): readonly Types[] {
  const every = (change: (shape: Shape) => Shape | undefined) =>
    types.map((type) => type && tensorType(type.type, type.shape && change(type.shape)));
  const one = (index: number, type: ValueType | undefined) =>
    types.map((own, i) => (i === index ? type : own));
  return [
    types,
    [],
    types.map(() => undefined),
    every(() => undefined),
    every(() => []),
    every(() => ['?']),
    every((shape) => shape.map((_, axis): Dim => `s${axis}`)),
    every((shape) => shape.map((): Dim => '?')),
    every((shape) => [...shape, 3]),
    every((shape) => shape.slice(1)),
    every((shape) => shape.map(() => 0)),
    ...types.flatMap((type, index) => [
      one(index, undefined),
      one(index, { kind: 'sequence', element: type }),
      one(index, type && tensorType(type.type, [2])),
      one(index, type && tensorType(type.type, [1, 1, 1, 1, 1])),
    ]),
  ];
}

/** Attributes as they are, left out, and each number or list of numbers changed to what makes no sense. */
function attributeVariants(attributes: Attributes): readonly Attributes[] {
  const changed = [...attributes].flatMap(([name, attribute]): readonly Attributes[] => {
    const set = (value: Attribute) => new Map([...attributes, [name, value]]);
    if (attribute.kind === 'int')
      return [-100, -1, 0, 100, 2 ** 40].map((value) => set({ kind: 'int', value }));
    if (attribute.kind === 'ints')
      return [[], [0], [-5, 100], [2 ** 40], [1, 1, 1, 1, 1, 1, 1, 1, 1]].map((value) =>
        set({ kind: 'ints', value }),
      );
    return attribute.kind === 'string' ? [set({ kind: 'string', value: '?' })] : [];
  });
  return [attributes, new Map(), ...changed];
}

/**
 * What makes an operator's rules throw anything but an error for people: models are untrusted, so types may be missing or
 * wrong and attributes left out or senseless. (What comes of them is checked by the analyses that ask.)
 */
export function survivalProblems(operator: Operator, sample: Sample): readonly string[] {
  const { graph, node, model } = sampleModel(operator, sample);
  const types = sample.inputs.map((input) => input && tensorType(input.type, input.shape));
  const problems = new Set<string>();
  const attempt = (what: string, run: () => void) => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof PareError)) problems.add(`${what}: ${(error as Error).message}`);
    }
  };
  const constant = (input: number) => graph.constant(node.inputs[input] ?? '');
  for (const inputs of variants(types)) {
    for (const given of inputs === types
      ? attributeVariants(node.attributes)
      : [node.attributes, new Map()]) {
      const attributes = readAttributes(operator.attributes, given);
      const changed = [...given].map(
        ([name, { value }]) =>
          `${name}=${Array.isArray(value) ? `[${value}]` : typeof value === 'object' ? '...' : value}`,
      );
      const shown = `inputs ${inputs.map((type) => (type?.kind === 'tensor' ? `[${type.shape}]` : type?.kind)).join(' ')}; ${changed.join(' ')}`;
      const outputs: (ValueType | undefined)[] = [];
      attempt(`infer, ${shown}`, () => {
        const found = operator.infer({
          inputs,
          attributes,
          opset: model.opsets.get(operator.domain) ?? 1,
          outputCount: node.outputs.length,
          given: (input) => (node.inputs[input] ?? '') !== '',
          constant,
          ints: () => undefined,
          inferBody: (body) => body.outputs.map(({ type }) => type),
          fail: (message) => {
            throw new PareError('shape-mismatch', message);
          },
        });
        outputs.push(...found.map((item) => (item && !('kind' in item) ? item.type : item)));
      });
      const tensors = (list: Types) => list.map((type) => (type?.kind === 'tensor' ? type : undefined));
      const context = { inputs: tensors(inputs), outputs: tensors(outputs), attributes };
      attempt(`cost, ${shown}`, () => {
        operator.cost({ ...context, count, dim });
      });
      attempt(`channels, ${shown}`, () => {
        if (!isNone(operator.channels)) operator.channels({ ...context, constant });
      });
    }
  }
  return [...problems];
}

const size = (dim: Dim | undefined): number => (typeof dim === 'number' ? dim : 1);
const count = (type: TensorType | undefined): number =>
  type?.shape ? type.shape.reduce<number>((total, dim) => total * size(dim), 1) : 0;
const dim = (type: TensorType | undefined, axis: number): number => size(type?.shape?.at(axis));
