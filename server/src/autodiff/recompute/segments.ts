import { storageBytes } from '../../ir/data-type.ts';
import type { Node } from '../../ir/node.ts';
import type { ValueType } from '../../ir/value-type.ts';

/** A forward pass as the choice of segments sees it. */
export interface ForwardPass {
  readonly nodes: readonly Node[];
  /** Values that the backward pass reads. */
  readonly stored: ReadonlySet<string>;
  /** Bytes of a value; 0 for what is too small to count, or does not depend on the samples. */
  readonly bytes: (value: string) => number;
  /** Whether a segment may end behind this node. */
  readonly endable: (node: Node) => boolean;
}

/** Values that stay in memory because a later segment reads them, and what each node's segment is. */
export interface Segments {
  /** Index of the node behind each segment's last. */
  readonly ends: readonly number[];
  readonly kept: ReadonlySet<string>;
  /** Bytes that are alive at the worst moment between forward and backward pass: an estimate for choosing. */
  readonly peak: number;
}

const mostSegments = 24;

/**
 * Cuts a forward pass into segments: values between them are kept, those within are computed again when the backward pass
 * comes to the segment (Chen et al., "Training deep nets with sublinear memory cost", 2016). Of all numbers of segments of
 * about equal bytes the one with the lowest peak is taken; undefined when none is below keeping everything.
 */
export function chooseSegments(pass: ForwardPass): Segments | undefined {
  const whole = segmentsOf(pass, [pass.nodes.length]);
  let best = whole;
  for (let count = 2; count <= mostSegments; count++) {
    const found = segmentsOf(pass, endsFor(pass, whole.peak / count));
    if (found.peak < best.peak) best = found;
  }
  return best === whole ? undefined : best;
}

/** Ends a segment at the last place before it would store more than `most` bytes. */
function endsFor({ nodes, stored, bytes, endable }: ForwardPass, most: number): readonly number[] {
  const ends: number[] = [];
  let [held, sinceEnd] = [0, 0];
  let end: number | undefined;
  for (const [at, node] of nodes.entries()) {
    const own = node.outputs.reduce((sum, value) => sum + (stored.has(value) ? bytes(value) : 0), 0);
    if (end !== undefined && held + own > most) {
      ends.push(end);
      [held, sinceEnd] = [sinceEnd, 0];
      end = undefined;
    }
    held += own;
    sinceEnd += own;
    if (endable(node)) [end, sinceEnd] = [at + 1, 0];
  }
  return [...ends, nodes.length];
}

function segmentsOf({ nodes, stored, bytes }: ForwardPass, ends: readonly number[]): Segments {
  const segmentOf = new Map<string, number>();
  const kept = new Set<string>();
  let segment = 0;
  for (const [at, node] of nodes.entries()) {
    while (at >= ends[segment]!) segment++;
    for (const input of node.inputs) if ((segmentOf.get(input) ?? segment) < segment) kept.add(input);
    for (const output of node.outputs) if (output !== '') segmentOf.set(output, segment);
  }
  const within = ends.map(() => 0);
  let between = 0;
  for (const [value, at] of segmentOf) {
    if (kept.has(value)) between += bytes(value);
    else if (stored.has(value)) within[at]! += bytes(value);
  }
  return { ends, kept, peak: between + Math.max(...within) };
}

/** Bytes of a value of float or other fixed-size elements; symbolic sizes count as `size`; undefined where unknown. */
export function valueBytes(type: ValueType | undefined, size: number): number | undefined {
  if (type?.kind !== 'tensor' || !type.shape || type.type === 'string') return undefined;
  const count = type.shape.reduce<number>((total, dim) => total * (typeof dim === 'number' ? dim : size), 1);
  return storageBytes(type.type, count);
}
