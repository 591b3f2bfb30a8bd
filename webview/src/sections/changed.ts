import type { Comparison } from '@pare/server/protocol/run';
import { formatPercent } from '@pare/server/units';
import { h } from '../dom.ts';
import { table } from '../table.ts';

/** Single samples whose prediction changed. */
export function changed(comparison: Comparison | null, names: readonly string[]): HTMLElement | null {
  if (!comparison) return null;
  const { agreement, samples, broken, mended } = comparison;
  const name = (label: number) => names[label] ?? String(label);
  return h(
    'section',
    { id: 'changed' },
    h('h2', {}, 'Changed predictions'),
    h(
      'p',
      {},
      `The two models agree on ${formatPercent(agreement)} of ${samples} samples. `,
      `${broken} ${broken === 1 ? 'was' : 'were'} right and became wrong; ${mended} ${mended === 1 ? 'was' : 'were'} wrong and became right.`,
    ),
    comparison.changed.length > 0 &&
      h(
        'details',
        { open: comparison.changed.length <= 12 },
        h('summary', {}, `The first ${comparison.changed.length} samples that changed`),
        table(
          'Samples whose prediction changed',
          [
            { name: 'Sample', numeric: true },
            { name: 'True class' },
            { name: 'Before' },
            { name: 'After' },
            { name: 'Effect' },
          ],
          comparison.changed.map(({ index, label, before, after }) => [
            String(index),
            name(label),
            name(before),
            name(after),
            after === label
              ? h('span', { class: 'good' }, 'mended')
              : before === label
                ? h('span', { class: 'bad' }, 'broken')
                : 'wrong both times',
          ]),
        ),
      ),
  );
}
