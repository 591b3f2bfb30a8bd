import type { Attribute } from './attribute.ts';
import type { Graph } from './graph.ts';

/** A model-local function (`FunctionProto`): nodes over formal inputs, outputs and attributes. */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly doc: string;
  readonly opsets: ReadonlyMap<string, number>;
  /** Names of attributes without a default, and those with one. */
  readonly attributes: readonly string[];
  readonly attributeDefaults: ReadonlyMap<string, Attribute>;
  /** Body: formal inputs and outputs are the graph's, without types. */
  readonly graph: Graph;
  readonly metadata: ReadonlyMap<string, string>;
  /** Fields that Pare does not read, kept byte for byte. */
  readonly unknown?: readonly Uint8Array[];
}

/** An ONNX model (`ModelProto`). */
export interface Model {
  readonly irVersion: number;
  /** Version of each operator set by domain; `''` is `ai.onnx`. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: number | bigint;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: Graph;
  readonly functions: readonly LocalFunction[];
  /** Fields that Pare does not read (training information, device configuration, newer ones), kept byte for byte. */
  readonly unknown: readonly Uint8Array[];
}

/** The version of `ai.onnx` that the model is written for; 1 when it imports none. */
export const opsetOf = (model: Model): number => model.opsets.get('') ?? 1;

/** A copy whose graph can be edited without touching this model; constants are shared. */
export const cloneModel = (model: Model): Model => ({
  ...model,
  graph: model.graph.clone(),
  functions: model.functions.map((item) => ({ ...item, graph: item.graph.clone() })),
});

/** The model with entries added to its metadata. */
export const withMetadata = (model: Model, entries: Readonly<Record<string, string>>): Model => ({
  ...model,
  metadata: new Map([...model.metadata, ...Object.entries(entries)]),
});
