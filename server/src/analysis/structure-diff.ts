import { layerNames } from '../ir/layer-names.ts';
import type { Model } from '../ir/model.ts';
import { qualifiedOp } from '../ir/node.ts';
import { type LayerCost, modelCost } from './cost.ts';

export interface StructureDiff {
  /** Nodes by operator, where the numbers differ. */
  readonly operators: readonly { readonly op: string; readonly before: number; readonly after: number }[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Layers of the same name whose operator, parameters or bytes differ. */
  readonly changed: readonly {
    readonly layer: string;
    readonly before: LayerFigures;
    readonly after: LayerFigures;
  }[];
}

export interface LayerFigures {
  readonly op: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly macs: number;
}

const figures = ({ op, parameters, bytes, macs }: LayerCost): LayerFigures => ({
  op,
  parameters,
  bytes,
  macs,
});

/** How two models differ in structure; layers are matched by name. */
export function structureDiff(before: Model, after: Model): StructureDiff {
  const [left, right] = [layersOf(before), layersOf(after)];
  const count = (layers: ReadonlyMap<string, LayerCost>, op: string) =>
    [...layers.values()].filter((layer) => qualifiedOp(layer.node) === op).length;
  const ops = [
    ...new Set([...left.values(), ...right.values()].map((layer) => qualifiedOp(layer.node))),
  ].sort();
  return {
    operators: ops
      .map((op) => ({ op, before: count(left, op), after: count(right, op) }))
      .filter((row) => row.before !== row.after),
    added: [...right.keys()].filter((name) => !left.has(name)),
    removed: [...left.keys()].filter((name) => !right.has(name)),
    changed: [...left].flatMap(([layer, item]) => {
      const other = right.get(layer);
      if (!other) return [];
      const [from, to] = [figures(item), figures(other)];
      return from.op === to.op &&
        from.parameters === to.parameters &&
        from.bytes === to.bytes &&
        from.macs === to.macs
        ? []
        : [{ layer, before: from, after: to }];
    }),
  };
}

function layersOf(model: Model): ReadonlyMap<string, LayerCost> {
  const names = layerNames(model.graph);
  return new Map(modelCost(model).layers.map((layer) => [names.get(layer.node) ?? layer.name, layer]));
}
