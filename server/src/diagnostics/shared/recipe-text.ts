import type { Path } from '../../recipe/syntax.ts';

/** What stands at a path of a recipe's plain value, whether or not the recipe fits its schema. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, key)
        ? (inside as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

/** The entries of a mapping in a recipe; none where something else stands. */
export function entriesAt(value: unknown, path: Path): readonly (readonly [string, unknown])[] {
  const found = valueAt(value, path);
  return isMapping(found) ? Object.entries(found) : [];
}

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text as it has to be written in YAML to be read back as this string. */
export function yamlText(text: string): string {
  return /^[A-Za-z_/.][\w./-]*$/.test(text) &&
    !/^(true|false|null|yes|no|on|off|y|n|\.nan|\.inf)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
