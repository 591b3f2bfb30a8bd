import { float as floatAttribute, int } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { floats, sizeOf, tensor } from '../../ir/tensor.ts';
import { isNone } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import { activationInputs, type Choice, type Role } from './choose.ts';
import {
  type ActivationParameters,
  type ActivationType,
  activationParameters,
  channelsAlong,
  quantizeWeights,
  type Range,
} from './parameters.ts';

export interface Insertion {
  readonly perChannel: boolean;
  readonly activations: ActivationType;
  /** Ranges of the values that `Choice.values` names as measured. */
  readonly ranges: ReadonlyMap<string, Range>;
}

/**
 * Puts QuantizeLinear and DequantizeLinear around the chosen values, and integer constants behind DequantizeLinear in place
 * of weights and biases, in the form that ONNX Runtime fuses: one quantizer a value, all readers behind its dequantizer.
 */
export function insertQuantizers(graph: Graph, choice: Choice, options: Insertion): void {
  const inserter = new Inserter(graph, choice, options);
  for (const [node, role] of choice.roles) {
    if (role.kind === 'weighted') inserter.weights(node, role);
    else if (role.kind === 'compute') inserter.constants(node, role);
  }
  const rescaled = inserter.rescaled;
  const values = [...choice.values.keys()].filter((value) => !graph.constant(value) && !rescaled.has(value));
  const guarded = new Set(values.filter((value) => isFusedBehindOurBack(graph, choice, value)));
  for (const value of values) inserter.value(value, guarded.has(value));
  for (const to of rescaled.keys()) inserter.rescale(to);
  graph.sort();
}

/** True for the output of a node that shall stay in float, but that ONNX Runtime would fuse between 8-bit values all the same. */
function isFusedBehindOurBack(graph: Graph, choice: Choice, value: string): boolean {
  const producer = graph.producer(value);
  if (!producer || choice.roles.has(producer)) return false;
  const { opType, inputs } = producer;
  if (opType === 'Relu' || opType === 'Clip') return isFusedBehindOurBack(graph, choice, inputs[0]!);
  const rule = operatorOf(producer)?.quantize;
  const hasKernel = rule !== undefined && !isNone(rule) && rule.kind !== 'transparent';
  if (!hasKernel && opType !== 'ConvTranspose') return false;
  const data = inputs.filter((input) => input !== '' && !graph.constant(input));
  return data.length > 0 && data.every((input) => choice.values.has(input));
}

interface StoredParameters extends ActivationParameters {
  /** Names of the constants that hold scale and zero point. */
  readonly names: readonly [string, string];
}

class Inserter {
  /** Values that are another value's integers with another scale, in graph order. */
  readonly rescaled: ReadonlyMap<
    string,
    { readonly node: Node; readonly from: string; readonly factor: number }
  >;
  readonly #graph: Graph;
  readonly #choice: Choice;
  readonly #options: Insertion;
  readonly #parameters = new Map<string, StoredParameters>();
  /** The 8-bit values by the value that they stand for. */
  readonly #stored = new Map<string, string>();
  readonly #zeros = new Map<number, string>();
  /** Integer copies of constants, so that layers which share weights go on sharing them. */
  readonly #shared = new Map<string, string>();

  constructor(graph: Graph, choice: Choice, options: Insertion) {
    this.#graph = graph;
    this.#choice = choice;
    this.#options = options;
    this.rescaled = new Map(
      [...choice.roles].flatMap(([node, role]) =>
        role.kind === 'rescale'
          ? [[node.outputs[0]!, { node, from: node.inputs[role.input]!, factor: role.factor }] as const]
          : [],
      ),
    );
  }

  /**
   * A pair of quantizer and dequantizer behind a value. A guard is a Sum of one value, a copy that ONNX Runtime neither
   * removes nor looks through: without it, it quantizes even float weights between 8-bit values (WeightBiasQuantization).
   */
  value(value: string, isGuarded: boolean): void {
    const graph = this.#graph;
    const { names } = this.#parametersOf(value);
    const readers = graph.consumers(value);
    const producer = graph.producer(value);
    const isOutput = graph.isOutput(value);
    const raw = isOutput && producer ? graph.freshName(`${value}_float`) : value;
    const quantized = graph.freshName(`${value}_q`);
    this.#stored.set(value, quantized);
    const result = isOutput && producer ? value : graph.freshName(`${value}_dq`);
    if (raw !== value) {
      graph.update(producer!, { outputs: producer!.outputs.map((name) => (name === value ? raw : name)) });
    } else if (producer) graph.replaceUses(value, result);
    else {
      // Who reads an input of the graph in float may go on doing so.
      for (const reader of readers) if (this.#choice.roles.has(reader)) this.#redirect(reader, value, result);
    }
    const guarded = isGuarded ? graph.freshName(`${value}_copy`) : raw;
    if (isGuarded) graph.add([createNode('Sum', [raw], [guarded])]);
    graph.add([
      createNode('QuantizeLinear', [guarded, ...names], [quantized]),
      createNode('DequantizeLinear', [quantized, ...names], [result]),
    ]);
  }

  /** A multiplication by a number: the integers of its input are read with another scale. */
  rescale(to: string): void {
    const graph = this.#graph;
    const { node, from } = this.rescaled.get(to)!;
    const stored = this.#stored.get(from)!;
    const { names } = this.#parametersOf(to);
    graph.remove([node]);
    graph.replaceUses(to, this.#dequantize(to, [stored, ...names]));
    this.#stored.set(to, stored);
  }

  /** Weights and bias of a node in integers. */
  weights(node: Node, role: Extract<Role, { kind: 'weighted' }>): void {
    const graph = this.#graph;
    const { weight, axis, bias } = role;
    const name = node.inputs.find((input) => graph.constant(input) === weight)!;
    const input = this.#parametersOf(node.inputs[0]!);
    const isPerChannel = this.#options.perChannel && axis !== undefined;
    const channels = channelsAlong(weight.dims, axis ?? weight.dims.length - 1);
    const quantized = quantizeWeights(
      floats(weight).map((value) => value * role.factor),
      channels,
      isPerChannel,
      bias && spread(floats(bias.tensor), channels.count, bias.factor),
      input.scale,
    );
    const inputs = [...node.inputs];
    const { scales, biasScales } = quantized;
    inputs[inputs.indexOf(name)] = this.#once(`${name} ${axis} ${scales}`, () => {
      const stored = graph.addInitializer(tensor(`${name}_q`, 'int8', weight.dims, quantized.values));
      const scaleDims = isPerChannel ? [scales.length] : [];
      const scale = graph.addInitializer(tensor(`${name}_scale`, 'float', scaleDims, scales));
      return this.#dequantize(
        name,
        [stored, scale, this.#zeroPoint(scaleDims)],
        isPerChannel ? axis : undefined,
      );
    });
    if (bias && quantized.bias && biasScales) {
      const biasName = node.inputs[bias.input]!;
      const stored = graph.addInitializer(tensor(`${biasName}_q`, 'int32', [channels.count], quantized.bias));
      const scaleDims = isPerChannel ? [biasScales.length] : [];
      const scale = graph.addInitializer(tensor(`${biasName}_scale`, 'float', scaleDims, biasScales));
      inputs[bias.input] = this.#dequantize(biasName, [stored, scale], isPerChannel ? 0 : undefined);
    }
    const attributes = new Map(node.attributes);
    if (attributes.has('alpha')) attributes.set('alpha', floatAttribute(1));
    if (attributes.has('beta')) attributes.set('beta', floatAttribute(1));
    graph.update(node, { inputs, attributes });
  }

  /** Constant operands of a node without weights, such as the second one of an Add. */
  constants(node: Node, role: Role): void {
    const graph = this.#graph;
    for (const index of activationInputs(graph, node, role)) {
      const name = node.inputs[index]!;
      const constant = graph.constant(name);
      if (!constant) continue;
      const type = this.#options.activations;
      const values = floats(constant);
      const { scale, zero } = activationParameters(
        {
          min: values.reduce((a, b) => Math.min(a, b), 0),
          max: values.reduce((a, b) => Math.max(a, b), 0),
        },
        type,
      );
      const dequantized = this.#once(`${name} ${type}`, () => {
        const stored = Array.from(values, (value) => Math.round(value / scale) + zero);
        return this.#dequantize(name, [
          graph.addInitializer(tensor(`${name}_q`, type, constant.dims, stored)),
          ...this.#scaleAndZero(name, { scale, zero }),
        ]);
      });
      this.#redirect(node, name, dequantized);
    }
  }

  #parametersOf(value: string): StoredParameters {
    const { root, measured } = this.#choice.values.get(value) ?? { root: value, measured: value };
    const known = this.#parameters.get(root);
    if (known) return known;
    const parameters =
      this.#rescaledParameters(root) ??
      activationParameters(this.#options.ranges.get(measured)!, this.#options.activations);
    const stored = { ...parameters, names: this.#scaleAndZero(root, parameters) };
    this.#parameters.set(root, stored);
    return stored;
  }

  #rescaledParameters(value: string): ActivationParameters | undefined {
    const source = this.rescaled.get(value);
    if (!source) return undefined;
    const { scale, zero } = this.#parametersOf(source.from);
    return { scale: Math.fround(scale * source.factor), zero };
  }

  #scaleAndZero(base: string, { scale, zero }: ActivationParameters): readonly [string, string] {
    const add = (suffix: string, type: 'float' | ActivationType, value: number) =>
      this.#graph.addInitializer(tensor(`${base}_${suffix}`, type, [], [value]));
    return [add('scale', 'float', scale), add('zero', this.#options.activations, zero)];
  }

  /** A zero for each channel: ONNX Runtime does not fuse weights without zero points. */
  #zeroPoint(dims: readonly number[]): string {
    const count = sizeOf({ dims });
    const key = dims.length === 0 ? -1 : count;
    const known =
      this.#zeros.get(key) ??
      this.#graph.addInitializer(tensor('weights_zero', 'int8', dims, new Int8Array(count)));
    this.#zeros.set(key, known);
    return known;
  }

  #dequantize(base: string, inputs: readonly string[], axis?: number): string {
    const output = this.#graph.freshName(`${base}_dq`);
    const attributes = axis === undefined ? {} : { axis: int(axis) };
    this.#graph.add([createNode('DequantizeLinear', inputs, [output], { attributes })]);
    return output;
  }

  #once(key: string, make: () => string): string {
    const known = this.#shared.get(key) ?? make();
    this.#shared.set(key, known);
    return known;
  }

  #redirect(node: Node, from: string, to: string): void {
    this.#graph.update(node, { inputs: node.inputs.map((input) => (input === from ? to : input)) });
  }
}

/** A bias for every channel, scaled. */
const spread = (bias: Float32Array, channels: number, factor: number): Float32Array =>
  Float32Array.from({ length: channels }, (_, c) => factor * bias[bias.length === 1 ? 0 : c]!);
