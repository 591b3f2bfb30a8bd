import { tensorValue } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import { dataTypeOf, isFloat } from '../../ir/data-type.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { bodiesOf, labelOf, type Node } from '../../ir/node.ts';
import { tensor } from '../../ir/tensor.ts';
import { type TensorType, tensorType } from '../../ir/value-type.ts';
import type { Upgrade, UpgradeContext } from './define.ts';
import { upgrades } from './table.ts';

/**
 * The version of `ai.onnx` that Pare works in. Conformance passes for targets up to 24 with onnxruntime 1.30; 21 is the newest
 * that its fusions have known for several releases.
 */
export const internalOpset = 21;
/** Older models than this broadcast and train in ways that no table covers. */
const oldestOpset = 6;
/** Initializers are constants on their own since this version of the intermediate representation. */
const constantsAlone = 4;

export interface Upgraded {
  /** A copy in the newer version, or the model itself when it stays as it is. */
  readonly model: Model;
  /** Why the model stays in its version: nodes that have no newer form. */
  readonly blocked: readonly { readonly node: Node | undefined; readonly reason: string }[];
}

/**
 * Up-converts a model from version 6 or newer of `ai.onnx` to `target`, in bodies and functions too. Operators of other domains
 * stay as they are; a model that is new enough stays as it is. Outputs are the same: conformance runs every model both ways.
 */
export function upgradeModel(model: Model, target: number = internalOpset): Upgraded {
  const blocked: { node: Node | undefined; reason: string }[] = [];
  const from = model.opsets.get('');
  if (from !== undefined && from < oldestOpset)
    blocked.push({
      node: undefined,
      reason: `it is written for version ${from} of ai.onnx, before ${oldestOpset}`,
    });
  const old = (opsets: ReadonlyMap<string, number>) => (opsets.get('') ?? target) < target;
  if (blocked.length > 0 || !(old(model.opsets) || model.functions.some((item) => old(item.opsets))))
    return { model, blocked };
  const copy = cloneModel(model);
  if (model.irVersion < constantsAlone) dropDefaults(copy.graph);
  const onlyFloat = holdsOneFloat(copy);
  const raise = (graph: Graph, version: number | undefined, isFunction: boolean) => {
    if (version === undefined) return;
    for (let next = version + 1; next <= target; next++)
      for (const at of graphsOf(graph))
        step(at, next, { onlyFloat, constantNodes: isFunction && at === graph }, blocked);
  };
  raise(copy.graph, from, false);
  for (const item of copy.functions) raise(item.graph, item.opsets.get(''), true);
  if (blocked.length > 0) return { model, blocked };
  const raised = (opsets: ReadonlyMap<string, number>) =>
    new Map(
      [...opsets].map(([domain, version]) => [domain, domain === '' ? Math.max(version, target) : version]),
    );
  return {
    model: {
      ...copy,
      irVersion: Math.max(copy.irVersion, irVersionOf(target)),
      opsets: raised(copy.opsets),
      functions: copy.functions.map((item) => ({ ...item, opsets: raised(item.opsets) })),
    },
    blocked,
  };
}

/** The version of the intermediate representation that came with a version of `ai.onnx` (`onnx.helper.VERSION_TABLE`). */
const irVersionOf = (opset: number): number =>
  opset >= 23 ? 11 : opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : opset >= 12 ? 7 : 6;

const byVersion = new Map<string, Upgrade[]>();
for (const upgrade of upgrades) {
  for (const op of upgrade.ops) {
    const key = `${upgrade.version} ${op}`;
    byVersion.set(key, [...(byVersion.get(key) ?? []), upgrade]);
  }
}

interface Facts {
  readonly onlyFloat: boolean;
  /** Functions have no initializers: their constants are nodes. */
  readonly constantNodes: boolean;
}

function step(
  graph: Graph,
  version: number,
  facts: Facts,
  blocked: { node: Node | undefined; reason: string }[],
): void {
  for (const node of [...graph.nodes]) {
    if (node.domain !== '') continue;
    for (const upgrade of byVersion.get(`${version} ${node.opType}`) ?? []) {
      const reason = upgrade.apply(node, contextOf(graph, node, facts));
      if (reason) blocked.push({ node, reason: `${node.opType} '${labelOf(node)}': ${reason}` });
    }
  }
}

function contextOf(graph: Graph, node: Node, { onlyFloat, constantNodes }: Facts): UpgradeContext {
  const label = labelOf(node);
  const build = createBuilder(graph, node, `${label}_`);
  const type = (value: string) => typeIn(graph, value);
  return {
    graph,
    op: (opType, inputs, attributes) => build.op(opType, inputs, attributes),
    constant: (dataType, dims, values) =>
      constantNodes
        ? build.op('Constant', [], { value: tensorValue(tensor('', dataType, dims, values)) })
        : graph.addInitializer(tensor(`${label}_constant`, dataType, dims, values)),
    type,
    floatType: (value) => type(value)?.type ?? (onlyFloat ? 'float' : undefined),
  };
}

/** What the file says of a value, in this graph or around it. */
function typeIn(graph: Graph | undefined, value: string): TensorType | undefined {
  if (!graph || value === '') return undefined;
  const constant = graph.initializers.get(value);
  if (constant) return tensorType(constant.type, constant.dims);
  const stated =
    graph.valueInfo.get(value) ??
    [...graph.inputs, ...graph.outputs].find(({ name, type }) => name === value && type);
  if (stated?.type?.kind === 'tensor') return stated.type;
  return graph.defines(value) ? undefined : typeIn(graph.outer, value);
}

/** A graph with all bodies in it. */
function graphsOf(graph: Graph): Graph[] {
  return [graph, ...graph.nodes.flatMap((node) => bodiesOf(node).flatMap(graphsOf))];
}

/** Before version 4 of the representation every initializer is listed as an input too, without being one. */
function dropDefaults(graph: Graph): void {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  graph.inputs.splice(0, graph.inputs.length, ...inputs);
}

/** True when no constant, input or conversion brings floats of another type than `float` into the model. */
function holdsOneFloat(model: Model): boolean {
  const other = (type: DataType | undefined) => type !== undefined && type !== 'float' && isFloat(type);
  return [model.graph, ...model.functions.map((item) => item.graph)]
    .flatMap(graphsOf)
    .every(
      (graph) =>
        ![...graph.initializers.values()].some(({ type }) => other(type)) &&
        ![...graph.inputs, ...graph.valueInfo.values()].some(
          ({ type }) => type !== undefined && (type.kind !== 'tensor' || other(type.type)),
        ) &&
        !graph.nodes.some((node) =>
          [...node.attributes].some(([name, attribute]) =>
            attribute.kind === 'tensor'
              ? other(attribute.value.type)
              : attribute.kind === 'int' &&
                (name === 'to' || name === 'dtype') &&
                other(dataTypeOf(Number(attribute.value))),
          ),
        ),
    );
}
