import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf } from '../ir/node.ts';

/** Bytes of the model's file and of every file beside it that holds its constants. */
export function bytesOnDisk(model: Model, path: string): number {
  const files = new Set([resolve(path)]);
  const add = (location: string | undefined) => {
    if (location !== undefined) files.add(resolve(dirname(path), location));
  };
  const walk = (graph: Graph) => {
    for (const { data } of graph.initializers.values()) add(data.external?.location);
    for (const node of graph.nodes) {
      for (const attribute of node.attributes.values())
        if (attribute.kind === 'tensor') add(attribute.value.data.external?.location);
      for (const body of bodiesOf(node)) walk(body);
    }
  };
  walk(model.graph);
  for (const item of model.functions) walk(item.graph);
  return [...files].reduce((total, file) => total + statSync(file).size, 0);
}
