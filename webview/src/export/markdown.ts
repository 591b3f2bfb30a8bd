import type { RunResult } from '@pare/server/protocol/run';
import { formatBytes, formatPercent } from '@pare/server/units';
import { budgetWords, figures, relative } from '../figures.ts';
import { settingsText } from '../sections/steps.ts';

/** The run as Markdown, for a pull request or a wiki. */
export function toMarkdown(run: RunResult): string {
  const accuracy = run.after?.accuracy ?? run.before?.accuracy;
  const blocks = [
    `# Pare: ${run.run}`,
    `Status: ${run.status}. Recipe: \`${run.recipe}\`. Model: \`${run.model}\`. Made by ${run.tool}.`,
    run.error && `**${run.error.message}** (${run.error.code})${run.error.hint ? ` ${run.error.hint}` : ''}`,
    '## Before and after',
    grid(
      ['Quantity', 'Before', 'After', 'Change'],
      figures(run.before, run.after).map(({ name, before, after, change }) => [name, before, after, change]),
    ),
    ...(run.budget.length > 0
      ? [
          '## Budget',
          grid(
            ['Quantity', 'Limit', 'Actual', 'Verdict'],
            run.budget.map((line) => {
              const { name, limit, actual, verdict } = budgetWords(line);
              return [name, limit, actual, verdict];
            }),
          ),
        ]
      : []),
    ...(run.layers.length > 0
      ? [
          '## Layers',
          grid(
            ['Layer', 'Operator', 'Bytes before', 'Bytes after', 'Change', 'What was done'],
            run.layers.map(({ layer, op, bytesBefore, bytesAfter, changes }) => [
              layer,
              op,
              formatBytes(bytesBefore),
              formatBytes(bytesAfter),
              relative(bytesBefore, bytesAfter),
              changes.join('; '),
            ]),
          ),
        ]
      : []),
    ...(accuracy && accuracy.classes.length > 0
      ? [
          '## Classes',
          grid(
            ['Class', 'Samples', 'Recall before', 'Recall after'],
            accuracy.classes.map(({ name, samples }, index) => [
              name,
              String(samples),
              ...[run.before, run.after].map((measurement) => {
                const recall = measurement?.accuracy?.classes[index]?.recall;
                return recall === undefined ? '–' : formatPercent(recall, 1);
              }),
            ]),
          ),
        ]
      : []),
    ...(run.steps.length > 0
      ? [
          '## Steps',
          run.steps
            .map(({ name, settings, notes }, index) =>
              [
                `${index + 1}. **${name}** \`${settingsText(settings)}\``,
                ...notes.map((note) => `   - ${note}`),
              ].join('\n'),
            )
            .join('\n'),
        ]
      : []),
  ];
  return `${blocks.filter((block) => typeof block === 'string').join('\n\n')}\n`;
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

const escapeCell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]/g, ' ');
