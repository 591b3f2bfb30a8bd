import { int, ints } from '../../ir/attribute.ts';
import { type GradientContext, refuseGradient, staticShape } from '../define.ts';
import { calculator } from './calculator.ts';

export interface AttentionAttributes {
  readonly is_causal: number;
  readonly kv_num_heads: number | undefined;
  readonly left_window_size: number;
  readonly q_num_heads: number | undefined;
  readonly right_window_size: number;
  readonly scale: number | undefined;
  readonly softcap: number;
}

/**
 * With P = softmax(S) and S = scale Q K^T + mask, head by head: dV = P^T dY, dP = dY V^T, dS = P (dP - sum(dP P)),
 * dQ = scale dS K, dK = scale dS^T Q. P is computed again.
 */
export function attentionGradient(
  context: GradientContext<AttentionAttributes>,
): readonly (string | undefined)[] {
  const {
    build,
    inputs,
    types,
    attributes,
    dy: [dy],
    wants,
  } = context;
  if (!dy) return [];
  const refuse = (why: string) => refuseGradient(context, why);
  if (inputs[4] || inputs[5] || inputs[6]) return refuse('it has a past');
  if (attributes.softcap !== 0) return refuse('its scores are capped');
  if (attributes.left_window_size >= 0 || attributes.right_window_size >= 0) return refuse('it has a window');
  const m = calculator(context);
  const folded = types(inputs[0]!).shape!.length === 3;
  /** Length, heads and features of an input. */
  const sizes = (input: number, heads: number | undefined): readonly [number, number, number] => {
    const rest = staticShape(types(inputs[input]!).shape!.slice(1));
    if (!rest) return refuse('a length is not known');
    if (!folded) return [rest[1]!, rest[0]!, rest[2]!];
    return [rest[0]!, heads!, rest[1]! / heads!];
  };
  const { q_num_heads, kv_num_heads } = attributes;
  const [length, heads, features] = sizes(0, q_num_heads);
  const [keys, kvHeads] = sizes(1, kv_num_heads);
  const [, , valueFeatures] = sizes(2, kv_num_heads);
  const shared = heads / kvHeads;
  const swap = (value: string) => build.op('Transpose', [value], { perm: ints([0, 2, 1, 3]) });
  const unfold = (value: string, rows: number, count: number, width: number) =>
    folded ? swap(m.reshape(value, [-1, rows, count, width])) : value;
  const fold = (value: string, rows: number, count: number, width: number) =>
    folded ? m.reshape(swap(value), [-1, rows, count * width]) : value;
  /** A key or value head for every query head, and the sum over those that share one. */
  const spread = (value: string, width: number) => {
    if (shared === 1) return value;
    const wide = m.reshape(value, [-1, kvHeads, 1, keys, width]);
    const copies = build.op('Expand', [wide, build.constant('int64', [5], [1, 1, shared, 1, 1])]);
    return m.reshape(copies, [-1, heads, keys, width]);
  };
  const gather = (value: string, width: number) =>
    shared === 1 ? value : m.sum(m.reshape(value, [-1, kvHeads, shared, keys, width]), [2], false);
  const scale = attributes.scale ?? 1 / Math.sqrt(features);
  const q = unfold(inputs[0]!, length, heads, features);
  const k = spread(unfold(inputs[1]!, keys, kvHeads, features), features);
  const v = spread(unfold(inputs[2]!, keys, kvHeads, valueFeatures), valueFeatures);
  const gradient = unfold(dy, length, heads, valueFeatures);
  let scores = m.mul(scale, m.matmul(q, m.transpose(k, 4)));
  const mask = inputs[3];
  const hidden = Number.NEGATIVE_INFINITY;
  const added = mask !== undefined && mask !== '' && types(mask).type !== 'bool';
  if (mask) scores = added ? m.add(scores, mask) : m.where(mask, scores, hidden);
  if (attributes.is_causal === 1) {
    const seen = Array.from({ length: length * keys }, (_, at) =>
      at % keys <= Math.floor(at / keys) ? 1 : 0,
    );
    scores = m.where(build.constant('bool', [length, keys], seen), scores, hidden);
  }
  const p = build.op('Softmax', [scores], { axis: int(-1) });
  const dp = m.matmul(gradient, m.transpose(v, 4));
  const ds = m.mul(p, m.sub(dp, m.sum(m.mul(dp, p), [-1])));
  const scaled = m.mul(scale, ds);
  return [
    wants(0) ? fold(m.matmul(scaled, k), length, heads, features) : undefined,
    wants(1)
      ? fold(gather(m.matmul(m.transpose(scaled, 4), q), features), keys, kvHeads, features)
      : undefined,
    wants(2)
      ? fold(gather(m.matmul(m.transpose(p, 4), gradient), valueFeatures), keys, kvHeads, valueFeatures)
      : undefined,
    added && wants(3) ? ds : undefined,
  ];
}
