import type { Attribute, Int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import type { UpgradeContext } from './define.ts';

/** The node's attributes but for some. */
export function without(node: Node, ...names: readonly string[]): Map<string, Attribute> {
  return new Map([...node.attributes].filter(([name]) => !names.includes(name)));
}

export function intOf(node: Node, name: string): number | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'int' ? Number(attribute.value) : undefined;
}

export function intsOf(node: Node, name: string): readonly Int[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : undefined;
}

export function floatOf(node: Node, name: string): number | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'float' ? attribute.value : undefined;
}

export function stringOf(node: Node, name: string): string | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'string' && typeof attribute.value === 'string' ? attribute.value : undefined;
}

/** Why an attribute that a function's caller sets cannot become an input; undefined when none of these is one. */
export function refersTo(node: Node, ...names: readonly string[]): string | undefined {
  const found = names.find((name) => node.attributes.get(name)?.kind === 'ref');
  return found && `its attribute '${found}' is set by the caller of the function`;
}

/**
 * The value of a list of integers that becomes an input: a constant, or in a function the caller's attribute (`Constant` takes
 * lists from version 12). Undefined when the node has no such attribute.
 */
export function intsInput(node: Node, name: string, { constant, op }: UpgradeContext): string | undefined {
  const attribute = node.attributes.get(name);
  if (attribute?.kind === 'ref') return op('Constant', [], { value_ints: { ...attribute, of: 'ints' } });
  const values = intsOf(node, name);
  return values && constant('int64', [values.length], values);
}

/** Puts inputs at their places and leaves out the empty ones at the end. */
export function inputsOf(...inputs: readonly (string | undefined)[]): string[] {
  const names = inputs.map((input) => input ?? '');
  while (names.length > 0 && names[names.length - 1] === '') names.pop();
  return names;
}

/** A scalar of the type of `like`, for bounds and paddings. */
export function scalarLike(value: number, like: string, { constant, floatType, op }: UpgradeContext): string {
  const type = floatType(like);
  return type ? constant(type, [], [value]) : op('CastLike', [constant('float', [], [value]), like]);
}
