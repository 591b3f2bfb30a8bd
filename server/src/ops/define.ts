import { PareError } from '../base/errors.ts';
import type { Attribute, Attributes } from '../ir/attribute.ts';
import type { Builder } from '../ir/builder.ts';
import type { DataType } from '../ir/data-type.ts';
import type { Dim, Shape } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { NumericArray, Tensor } from '../ir/tensor.ts';
import type { TensorType, ValueType } from '../ir/value-type.ts';

/**
 * One operator, whole: everything that Pare knows of it stands in its one declaration. No aspect is optional; what an
 * operator does not have is stated with a reason, `{ none: 'why' }`.
 */
export interface Operator {
  readonly type: string;
  /** `''` is `ai.onnx`. */
  readonly domain: string;
  /** One or two sentences and the formula, for hover and docs. */
  readonly summary: string;
  /** Formal inputs and outputs; `?` after a name marks an optional one, `*` one that repeats. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  readonly infer: InferRule;
  readonly cost: CostRule;
  readonly gradient: GradientRule | None;
  readonly channels: ChannelRule | None;
  readonly quantize: QuantizeRule | None;
  /** False for operators that give different results on each call or have effects; such nodes are never folded or merged. */
  readonly deterministic: boolean;
  /** Inputs and outputs that gradients flow to and from, by index; all floating-point ones where it says nothing. */
  readonly differentiable: Differentiable;
  /** What counts channels in attributes and integer inputs, after structured pruning cut the node's inputs. */
  readonly resize?: ResizeRule;
  /** Bounds of the first output; where it is silent only what moves data keeps the bounds of its input. */
  readonly range?: RangeRule | undefined;
  /** Small applications with legal inputs: they feed the conformance tests of every aspect. */
  readonly samples: readonly Sample[] | None;
}

export interface Differentiable {
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
}

/** A stated absence. */
export interface None {
  readonly none: string;
}

export const isNone = (rule: unknown): rule is None =>
  typeof rule === 'object' && rule !== null && 'none' in rule;

// ---- Attributes ---------------------------------------------------------------------------------------------------

/** How an attribute is read: its kind, its default (undefined: absent) and what it means. */
export interface AttributeRule<T = unknown> {
  readonly kind: 'int' | 'float' | 'string' | 'ints' | 'floats' | 'strings' | 'tensor' | 'graph' | 'any';
  readonly default: T;
  readonly doc: string;
}

type Required<T> = AttributeRule<T>;
const rule = <T>(kind: AttributeRule['kind'], value: T, doc: string): AttributeRule<T> => ({
  kind,
  default: value,
  doc,
});

/** Attribute rules, by kind. With one argument the attribute has no default and reads as undefined when it is absent. */
export const attribute = {
  int: <D extends number | undefined>(doc: string, value?: D): Required<number | D> =>
    rule<number | D>('int', value as D, doc),
  float: <D extends number | undefined>(doc: string, value?: D): Required<number | D> =>
    rule<number | D>('float', value as D, doc),
  string: <D extends string | undefined>(doc: string, value?: D): Required<string | D> =>
    rule<string | D>('string', value as D, doc),
  ints: <D extends readonly number[] | undefined>(doc: string, value?: D): Required<readonly number[] | D> =>
    rule<readonly number[] | D>('ints', value as D, doc),
  floats: (doc: string): Required<readonly number[] | undefined> =>
    rule<readonly number[] | undefined>('floats', undefined, doc),
  strings: (doc: string): Required<readonly string[] | undefined> =>
    rule<readonly string[] | undefined>('strings', undefined, doc),
  tensor: (doc: string): Required<Tensor | undefined> => rule<Tensor | undefined>('tensor', undefined, doc),
  graph: (doc: string): Required<Graph | undefined> => rule<Graph | undefined>('graph', undefined, doc),
} as const;

/** Attributes as read by their rules. */
export type AttributeValues<
  R extends Readonly<Record<string, AttributeRule>> = Readonly<Record<string, AttributeRule>>,
> = {
  readonly [K in keyof R]: R[K] extends AttributeRule<infer T> ? T : never;
};

/** Reads a node's attributes by an operator's rules: an attribute of another kind than declared counts as absent. */
export function readAttributes(
  rules: Readonly<Record<string, AttributeRule>>,
  attributes: Attributes,
): AttributeValues {
  const values: Record<string, unknown> = {};
  for (const [name, { kind, default: fallback }] of Object.entries(rules)) {
    const given = attributes.get(name);
    if (!given || (kind !== 'any' && given.kind !== kind)) values[name] = fallback;
    else if (given.kind === 'int') values[name] = Number(given.value);
    else if (given.kind === 'ints') values[name] = given.value.map(Number);
    else values[name] = kind === 'any' ? given : given.value;
  }
  return values;
}

// ---- Shape and type inference -------------------------------------------------------------------------------------

export interface InferContext<A = AttributeValues> {
  /** Types of the inputs as given; undefined for one that is left out or unknown. */
  readonly inputs: readonly (ValueType | undefined)[];
  readonly attributes: A;
  /** Version of the operator's domain that the model imports. */
  readonly opset: number;
  readonly outputCount: number;
  /** True when the node names this input, even if nothing is known of it. */
  readonly given: (input: number) => boolean;
  /** The integer elements of an input, where they are known: a constant, or what was computed from shapes. Scalars have one element. */
  readonly ints: (input: number) => readonly Dim[] | undefined;
  /** The constant behind an input, read only when asked for. */
  readonly constant: (input: number) => Tensor | undefined;
  /** Infers a body with the given input types; gives the body's output types. */
  readonly inferBody: (
    body: Graph,
    inputs: readonly (ValueType | undefined)[],
  ) => readonly (ValueType | undefined)[];
  /** Throws a `shape-mismatch` error for this node. */
  readonly fail: (message: string) => never;
}

export interface Inferred {
  readonly type: ValueType | undefined;
  /** Known integer elements of this output: how shapes flow through Shape, Gather, Concat, Add ... */
  readonly ints?: readonly Dim[];
}

/** Types of the outputs, in order. */
export type InferRule<A = AttributeValues> = (
  context: InferContext<A>,
) => readonly (Inferred | ValueType | undefined)[];

// ---- Cost ---------------------------------------------------------------------------------------------------------

export interface CostContext<A = AttributeValues> {
  readonly inputs: readonly (TensorType | undefined)[];
  readonly outputs: readonly (TensorType | undefined)[];
  readonly attributes: A;
  /** Elements of a shape as a number; unknown dimensions count as one. */
  readonly count: (type: TensorType | undefined) => number;
  /** One dimension as a number; unknown counts as one. Negative axes count from the end. */
  readonly dim: (type: TensorType | undefined, axis: number) => number;
}

export interface Cost {
  /** Multiply-accumulate operations. */
  readonly macs: number;
  /** Other arithmetic: additions, comparisons, activations ... one an element. */
  readonly operations: number;
}

export type CostRule<A = AttributeValues> = (context: CostContext<A>) => Cost;

/** Data movement alone. */
export const free: CostRule<unknown> = () => ({ macs: 0, operations: 0 });
/** So many operations an output element. */
export const perElement =
  (operations = 1): CostRule<unknown> =>
  ({ outputs, count }) => ({ macs: 0, operations: operations * count(outputs[0]) });
/** A gradient that is zero everywhere it exists: steps, indices, masks. */
export const zeroGradient: GradientRule<unknown> = () => [];

/** So many operations an input element. */
export const perInput =
  (operations = 1): CostRule<unknown> =>
  ({ inputs, count }) => ({ macs: 0, operations: operations * count(inputs[0]) });

// ---- Gradient -----------------------------------------------------------------------------------------------------

export interface GradientContext<A = AttributeValues> {
  /** Writes the nodes of the backward pass: standard operators of opset 18 and later that onnxruntime runs on the CPU. */
  readonly build: Builder;
  /** Value names; `''` for what is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Types with every dimension known, but for a symbolic batch. */
  readonly types: (value: string) => TensorType;
  readonly attributes: A;
  /** Gradients of the outputs; undefined where none flows back. */
  readonly dy: readonly (string | undefined)[];
  /** True when somebody needs the gradient of this input: ask before building it. */
  readonly wants: (input: number) => boolean;
}

/**
 * Gradients of the inputs, in order; undefined where the gradient is zero. They may still be broadcast: the reverse walk
 * sums them to the input's shape.
 */
export type GradientRule<A = AttributeValues> = (
  context: GradientContext<A>,
) => readonly (string | undefined)[];

/** Ends a gradient rule that would need to know more: a gradient that is not known must never pass for zero. */
export function refuseGradient({ outputs }: Pick<GradientContext, 'outputs'>, why: string): never {
  throw new PareError('gradient-unknown', `The gradient of '${outputs[0]}' is not known: ${why}.`, {
    hint: 'Freeze the layers before it, or give the model fixed input sizes.',
    place: { name: outputs[0]! },
  });
}

// ---- Channel coupling (structured pruning) ------------------------------------------------------------------------

/** An axis of an input or output of the node. */
export interface Slot {
  readonly input?: number;
  readonly output?: number;
  readonly axis: number;
}

/**
 * Axes that must lose the same channels. With n channels in `from`, channel c of it is, for every t below `tile` and r below
 * `repeat`, channel `offset + (t n + c) repeat + r` of `to`. Defaults: offset 0, repeat 1, tile 1.
 * Several couplings of one `to` with a `repeat` or a `tile` are the parts of a reshaped axis: each is one way to prune it.
 */
export interface Coupling {
  readonly from: Slot;
  readonly to: Slot;
  readonly offset?: number;
  readonly repeat?: number;
  readonly tile?: number;
  /** Both axes are this many equal blocks, and every block must keep the same number of channels. */
  readonly groups?: number;
  /** Channels influence each other, as in a normalization: what is left of the output changes when some are cut. */
  readonly mixes?: boolean;
}

export interface ChannelContext<A = AttributeValues> {
  readonly inputs: readonly (TensorType | undefined)[];
  readonly outputs: readonly (TensorType | undefined)[];
  readonly attributes: A;
  readonly constant: (input: number) => Tensor | undefined;
}

/** The couplings of a node. An axis that is in none of them cannot be pruned through the node. */
export type ChannelRule<A = AttributeValues> = (context: ChannelContext<A>) => readonly Coupling[];

export interface ResizeContext<A = AttributeValues> extends ChannelContext<A> {
  /** Channels of an axis that stay, in order. Types and attributes are those from before the cut. */
  readonly kept: (slot: Slot) => readonly number[];
}

/** New values of attributes, by name (undefined: it goes), and of constant int64 lists that are inputs, by index. */
export interface Resized {
  readonly attributes?: Readonly<Record<string, Attribute | undefined>>;
  readonly inputs?: Readonly<Record<number, readonly number[]>>;
}

export type ResizeRule<A = AttributeValues> = (context: ResizeContext<A>) => Resized;

/** Every axis of input 0 (and of broadcast inputs of the same rank) is the same axis of output 0. */
export const sameChannels: ChannelRule<unknown> = ({ inputs, outputs }) => {
  const rank = outputs[0]?.shape?.length ?? 0;
  return inputs.flatMap((input, index) => {
    const shape = input?.shape;
    if (!shape) return [];
    const shift = rank - shape.length;
    return shape.flatMap((dim, axis) =>
      dim === 1 ? [] : [{ from: { input: index, axis }, to: { output: 0, axis: axis + shift } }],
    );
  });
};

// ---- Quantization -------------------------------------------------------------------------------------------------

/** How a node becomes int8 between QuantizeLinear and DequantizeLinear. */
export type QuantizeRule<A = AttributeValues> =
  /** Has weights: `axis` is the output-channel axis of input `weight`; `bias` is stored in int32. */
  | {
      readonly kind: 'weighted';
      readonly weight: number;
      readonly bias?: number;
      readonly axis: (attributes: A) => number;
    }
  /** Computes in int8 with its own output scale, once all its inputs are quantized. */
  | { readonly kind: 'compute'; readonly unless?: (attributes: A) => string | undefined }
  /** Moves or selects data: input and output share scale and zero point. `unless` says why not with some attributes. */
  | { readonly kind: 'transparent'; readonly unless?: (attributes: A) => string | undefined };

// ---- Numeric ranges -----------------------------------------------------------------------------------------------

/** Bounds of all elements of a value, both included; infinite where there is none. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface RangeContext<A = AttributeValues> {
  /** Bounds of the inputs; undefined where nothing is known. */
  readonly inputs: readonly (Interval | undefined)[];
  readonly attributes: A;
}

export type RangeRule<A = AttributeValues> = (context: RangeContext<A>) => Interval | undefined;

// ---- Samples ------------------------------------------------------------------------------------------------------

export interface SampleInput {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly values: NumericArray | readonly (number | bigint)[] | readonly string[];
  /** Given as an initializer rather than as a graph input. */
  readonly constant?: boolean;
}

export interface Sample {
  readonly name: string;
  readonly inputs: readonly (SampleInput | undefined)[];
  readonly attributes?: Attributes;
  /** Number of outputs asked for; one by default. */
  readonly outputs?: number;
  /** Version of the operator's domain; see `sampleOpset`. */
  readonly opset?: number;
  /** The shape of the output depends on values: `infer` need not know it whole. */
  readonly dataDependent?: boolean;
  /** Why the gradient test leaves this sample out, such as an integer type or a kink. */
  readonly noGradient?: string;
  /** The axis of input 0 that is the batch; the first by default. */
  readonly batchAxis?: number;
  /** Why the batch of input 0 cannot be symbolic. */
  readonly noBatch?: string;
}

/** The opset that samples are written for where they name none. */
const sampleOpsets: Readonly<Record<string, number>> = { '': 21, 'ai.onnx.ml': 4 };
export const sampleOpset = (domain: string): number => sampleOpsets[domain] ?? 1;

// ---- Declaration --------------------------------------------------------------------------------------------------

interface Declaration<R extends Readonly<Record<string, AttributeRule>>> {
  readonly type: string;
  readonly domain?: string;
  readonly summary: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: R;
  readonly infer: InferRule<AttributeValues<R>>;
  readonly cost: CostRule<AttributeValues<R>>;
  readonly gradient: GradientRule<AttributeValues<R>> | None;
  readonly channels: ChannelRule<AttributeValues<R>> | None;
  readonly quantize: QuantizeRule<AttributeValues<R>> | None;
  readonly deterministic?: boolean;
  readonly differentiable?: Differentiable;
  readonly resize?: ResizeRule<AttributeValues<R>>;
  readonly range?: RangeRule<AttributeValues<R>> | undefined;
  readonly samples: readonly Sample[] | None;
}

/** Declares an operator; the rules see its attributes with their types. */
export function defineOp<const R extends Readonly<Record<string, AttributeRule>>>(
  declaration: Declaration<R>,
): Operator {
  return { domain: '', deterministic: true, differentiable: {}, ...declaration } as unknown as Operator;
}

/** The shape as numbers, or undefined when a dimension is symbolic. */
export function staticShape(shape: Shape | undefined): readonly number[] | undefined {
  return shape?.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : undefined;
}
