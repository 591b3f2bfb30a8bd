import type { Graph } from './graph.ts';
import type { Model } from './model.ts';

/** A model of Pare's own making around a graph, for the given version of `ai.onnx` and further operator sets. */
export const createModel = (
  graph: Graph,
  opset = 21,
  domains: Readonly<Record<string, number>> = {},
): Model => ({
  irVersion: 10,
  opsets: new Map([['', opset], ...Object.entries(domains)]),
  producerName: 'pare',
  producerVersion: '',
  domain: '',
  modelVersion: 0,
  doc: '',
  metadata: new Map(),
  graph,
  functions: [],
  unknown: [],
});
