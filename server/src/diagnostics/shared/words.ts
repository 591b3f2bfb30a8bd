/** `'a', 'b' and 3 more`: names for a message, at most `shown` of them. */
export function listed(names: readonly string[], shown = 4): string {
  const quoted = names.slice(0, shown).map((name) => `'${name}'`);
  const rest = names.length - quoted.length;
  if (rest > 0) return `${quoted.join(', ')} and ${rest} more`;
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`;
}

/** `1 layer`, `3 layers`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
