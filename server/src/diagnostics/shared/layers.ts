import type { ModelContext } from '../define.ts';

/** The names of all layers of a model, in graph order. */
export const layerNamesOf = ({ cost, nameOf }: ModelContext): readonly string[] =>
  cost.layers.map(({ node }) => nameOf(node));
