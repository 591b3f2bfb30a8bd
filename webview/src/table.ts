import { type Child, h } from './dom.ts';

export interface Column {
  readonly name: string;
  readonly numeric?: boolean;
}

/** A table whose first cell of each row is the row's header. Wide ones scroll inside their own box, by keyboard too. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const side = (index: number) => (columns[index]?.numeric ? 'numeric' : undefined);
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(({ name }, index) => h('th', { scope: 'col', class: side(index) }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell, index) =>
              index === 0
                ? h('th', { scope: 'row', class: side(index) }, cell)
                : h('td', { class: side(index) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}
