import { int } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { numbers, sizeOf, tensor } from '../../ir/tensor.ts';
import { graphRule, type RewriteContext } from '../rule.ts';

/** Takes its sizes as an input since then. */
const splitOpset = 13;
/** Types that onnxruntime splits. */
const splittable: ReadonlySet<string> = new Set(['float', 'float16', 'double', 'int32', 'int64', 'uint8']);

/** A Slice of one axis with known bounds, which end where the axis does at most. */
interface Piece {
  readonly node: Node;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** y1 = x[:k], y2 = x[k:] -> y1, y2 = Split(x, [k, n - k]): rotary embeddings are exported as slices. */
export const slicesToSplit = graphRule({
  name: 'slices-to-split',
  summary: 'Slices that cut a tensor into pieces without gap or overlap become one Split.',
  run: (graph, context) => {
    if (context.opset < splitOpset) return 0;
    let changed = 0;
    for (const [data, pieces] of piecesByInput(graph, context)) {
      for (const parts of partitions(pieces, context.shape(data)!)) {
        graph.remove(parts.map(({ node }) => node));
        const sizes = parts.map(({ start, end }) => end - start);
        const name = graph.addInitializer(tensor('split', 'int64', [sizes.length], sizes));
        graph.add([
          createNode(
            'Split',
            [data, name],
            parts.map(({ node }) => node.outputs[0]!),
            { name: parts[0]!.node.name, attributes: { axis: int(parts[0]!.axis) } },
          ),
        ]);
        changed += parts.length;
      }
    }
    return changed;
  },
});

function piecesByInput(graph: Graph, context: RewriteContext): ReadonlyMap<string, readonly Piece[]> {
  const found = new Map<string, Piece[]>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Slice' || node.domain !== '') continue;
    const data = node.inputs[0] ?? '';
    const piece = splittable.has(context.type(data)?.type ?? '') ? pieceOf(graph, node, context) : undefined;
    if (!piece) continue;
    const list = found.get(data);
    if (list) list.push(piece);
    else found.set(data, [piece]);
  }
  return found;
}

function pieceOf(graph: Graph, node: Node, context: RewriteContext): Piece | undefined {
  const shape = context.shape(node.inputs[0] ?? '');
  const read = (place: number, otherwise: number) => {
    if (!node.inputs[place]) return otherwise;
    const constant = graph.constant(node.inputs[place]!);
    return constant && sizeOf(constant) === 1 ? numbers(constant)[0] : undefined;
  };
  const [start, end, axis, step] = [read(1, 0), read(2, 0), read(3, 0), read(4, 1)];
  if (!shape || start === undefined || end === undefined || axis === undefined || step !== 1)
    return undefined;
  const at = axis < 0 ? axis + shape.length : axis;
  const size = shape[at];
  if (typeof size !== 'number') return undefined;
  const place = (bound: number) => Math.min(Math.max(bound < 0 ? bound + size : bound, 0), size);
  return { node, axis: at, start: place(start), end: place(end) };
}

/** For each axis the pieces in order, if they are the whole of it and no piece is empty. */
function partitions(
  pieces: readonly Piece[],
  shape: readonly (number | string)[],
): readonly (readonly Piece[])[] {
  return shape.flatMap((size, axis) => {
    const parts = pieces.filter((piece) => piece.axis === axis).sort((a, b) => a.start - b.start);
    const isWhole =
      parts.length > 1 &&
      parts.every(({ start, end }, i) => start === (parts[i - 1]?.end ?? 0) && end > start) &&
      parts.at(-1)!.end === size;
    return isWhole ? [parts] : [];
  });
}
