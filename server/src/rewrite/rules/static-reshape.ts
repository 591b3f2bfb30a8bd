import { type Match, patternRule } from '../rule.ts';

/** Reshape(x, Concat(batch, 4, 16)) -> Reshape(x, [-1, 4, 16]): PyTorch computes the shape though one size at most varies. */
export const staticReshape = patternRule({
  name: 'static-reshape',
  summary: 'A Reshape whose computed shape has one size at most that varies gets a constant shape.',
  patterns: ['Reshape(x, shape)'],
  opset: 5,
  check: (match) => {
    const { graph, root } = match;
    const shape = match.value('shape');
    if (graph.constant(shape)) return 'its shape is constant';
    if (!graph.producer(shape)) return 'its shape is given from outside';
    // Otherwise what computes the shape stays, and the constant makes the file larger.
    if (graph.isOutput(shape) || graph.consumers(shape).some((reader) => !isShapeOf(reader, shape)))
      return `the shape is read by more than Reshape nodes`;
    if (!targetOf(match)) return 'more than one of its sizes is not known';
    return root.outputs.length === 1 ? undefined : 'it is no Reshape as ONNX has it';
  },
  rewrite: (match) => {
    const { root, graph, build, value } = match;
    const target = targetOf(match)!;
    const shape = build.constant('int64', [target.length], target, 'shape');
    const attributes = new Map(root.attributes);
    attributes.delete('allowzero');
    graph.update(root, { inputs: [value('x'), shape], attributes });
    return root.outputs;
  },
});

const isShapeOf = (
  { opType, inputs }: { readonly opType: string; readonly inputs: readonly string[] },
  shape: string,
) => opType === 'Reshape' && inputs[0] !== shape && inputs[1] === shape;

/** The inferred shape with -1 for the one size that varies. No size may be 0, which would make -1 ambiguous. */
function targetOf({ root, context }: Match): readonly number[] | undefined {
  const shape = context.shape(root.outputs[0]!);
  if (!shape || shape.includes(0)) return undefined;
  const open = shape.filter((dim) => typeof dim !== 'number').length;
  return open <= 1 ? shape.map((dim) => (typeof dim === 'number' ? dim : -1)) : undefined;
}
