import type { Shapes } from '../analysis/shapes.ts';
import type { Graph } from '../ir/graph.ts';
import { tensor } from '../ir/tensor.ts';

/**
 * Integers that follow from known sizes become constants, such as the bounds of a Slice that an exporter computes from a
 * Shape: gradient rules read bounds and sizes as such.
 */
export function foldSizes(graph: Graph, { types, ints }: Shapes): void {
  for (const node of [...graph.nodes]) {
    const [name] = node.outputs;
    if (node.outputs.length !== 1 || !name || node.opType === 'Constant' || graph.isOutput(name)) continue;
    const [type, values] = [types.get(name), ints.get(name)];
    if (!values || type?.kind !== 'tensor' || (type.type !== 'int64' && type.type !== 'int32')) continue;
    const known = values.filter((value) => typeof value === 'number');
    const dims = (type.shape ?? []).filter((dim) => typeof dim === 'number');
    if (known.length !== values.length || dims.length !== type.shape?.length) continue;
    graph.remove([node]);
    graph.setInitializer(tensor(name, type.type, dims, known));
  }
}
