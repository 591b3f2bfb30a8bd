import type { Operator } from './define.ts';
import { operators } from './index.ts';

const byName = new Map(operators.map((operator) => [`${operator.domain}:${operator.type}`, operator]));

/** The declaration of an operator, or undefined for one that Pare does not know. */
export function findOperator(domain: string, type: string): Operator | undefined {
  return byName.get(`${domain}:${type}`);
}

/** The operator of a node. */
export function operatorOf(node: { readonly domain: string; readonly opType: string }): Operator | undefined {
  return findOperator(node.domain, node.opType);
}
