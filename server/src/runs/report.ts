import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PareError } from '../base/errors.ts';
import { formatBytes, formatCount, formatPercent } from '../base/units.ts';
import { writeAtomically } from '../onnx/files.ts';
import type { RunResult } from '../protocol/run.ts';
import { budgetText, summaryRows } from './summary.ts';

export const reportFormats = ['html', 'markdown', 'csv', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** The report of a run as a document. HTML needs no other file and no network. */
export function formatReport(result: RunResult, format: ReportFormat): string {
  switch (format) {
    case 'html':
      return html(result);
    case 'markdown':
      return markdown(result);
    case 'csv':
      return csv(result);
    case 'json':
      return `${JSON.stringify(result, undefined, 2)}\n`;
  }
}

export function writeReport(result: RunResult, path: string, format: ReportFormat = 'html'): void {
  writeAtomically(path, [new TextEncoder().encode(formatReport(result, format))]);
}

/** The template is built from the panel's own code, so that report and panel draw the same. */
function template(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, 'report.html'), join(here, '../../../dist/report.html')];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (!path)
    throw new PareError('no-template', 'The template of the report is missing.', {
      hint: 'Run `npm run build` first.',
      place: { file: candidates[0]! },
    });
  return readFileSync(path, 'utf8');
}

function html(result: RunResult): string {
  // The data stand in a script element: nothing in them may end it.
  const data = JSON.stringify(result).replaceAll('<', '\\u003c');
  return template().replace('/*PARE_RESULT*/', () => data);
}

const escapeCell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]/g, ' ');

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function markdown(result: RunResult): string {
  const { before, after, comparison, layers, steps, budget } = result;
  const parts = [
    `# ${result.run}`,
    `Status: ${result.status}. Recipe \`${result.recipe}\`, Pare ${result.tool}, ${result.started}.`,
  ];
  if (before && after)
    parts.push(
      markdownTable(
        ['', 'before', 'after', 'change'],
        summaryRows(result).map(({ what, before: from, after: to, change }) => [what, from, to, change]),
      ),
    );
  if (budget.length > 0) parts.push('## Budget', budget.map((line) => `- ${budgetText(line)}`).join('\n'));
  if (comparison)
    parts.push(
      `Same prediction on ${formatPercent(comparison.agreement)} of ${comparison.samples} samples; ${comparison.broken} now wrong, ${comparison.mended} now right.`,
    );
  if (layers.length > 0) {
    parts.push(
      '## Layers',
      markdownTable(
        ['layer', 'op', 'parameters', 'MACs', 'bytes before', 'bytes after', 'changes'],
        layers.map((layer) => [
          layer.layer,
          layer.op,
          formatCount(layer.parameters),
          formatCount(layer.macs),
          formatBytes(layer.bytesBefore),
          formatBytes(layer.bytesAfter),
          layer.changes.join('; '),
        ]),
      ),
    );
  }
  if (steps.length > 0)
    parts.push(
      '## Steps',
      steps
        .map((step) => `- **${step.name}**${step.cached ? ' (from the cache)' : ''}: ${step.notes.join(' ')}`)
        .join('\n'),
    );
  if (before?.accuracy && after?.accuracy) {
    const later = after.accuracy.classes;
    parts.push(
      '## Classes',
      markdownTable(
        ['class', 'samples', 'recall before', 'recall after'],
        before.accuracy.classes.map((item, index) => [
          item.name,
          String(item.samples),
          formatPercent(item.recall),
          formatPercent(later[index]?.recall ?? 0),
        ]),
      ),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function csv({ layers }: RunResult): string {
  // A name that a spreadsheet would take for a formula gets a quote in front.
  const cell = (value: string | number) =>
    typeof value === 'number'
      ? String(value)
      : `"${value.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const rows = layers.map((layer) => [
    layer.layer,
    layer.op,
    layer.parameters,
    layer.macs,
    layer.bytesBefore,
    layer.bytesAfter,
    layer.changes.join('; '),
  ]);
  return `${[['layer', 'op', 'parameters', 'macs', 'bytes_before', 'bytes_after', 'changes'], ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
