import { join, resolve } from 'node:path';
import * as z from 'zod';
import { PareError } from '../base/errors.ts';
import { formatReport, reportFormats, writeReport } from '../runs/report.ts';
import { findRun } from '../runs/run-store.ts';
import { defineCommand } from './define.ts';

const extensions = { html: 'html', markdown: 'md', csv: 'csv', json: 'json' } as const;

export const report = defineCommand({
  name: 'report',
  summary: 'Write the report of a run as one HTML file, Markdown, CSV or JSON.',
  details: 'The HTML file needs no other file and no network. CSV holds the per-layer table.',
  arguments: [
    {
      name: 'RUN',
      doc: "folder or name of the run (default: the newest in this folder's .pare/runs)",
      optional: true,
    },
  ],
  options: z.strictObject({
    format: z.enum(reportFormats).default('html').describe('what to write'),
    output: z
      .string()
      .optional()
      .describe("where to write it (default: into the run's folder; `-` prints it)"),
  }),
  examples: ['pare report', 'pare report --format markdown -o -'],
  run: async ([given], { format, output }) => {
    const { result, folder, head } = findRun(given);
    if (!result)
      throw new PareError('run-unfinished', `The run '${head.run}' has no result.`, {
        hint: '`pare run RECIPE --resume` continues it.',
        place: { file: folder },
      });
    if (output === '-') return { json: result, text: formatReport(result, format).trimEnd() };
    const path = resolve(output ?? join(folder, `report.${extensions[format]}`));
    writeReport(result, path, format);
    return { json: { run: head.run, report: path }, text: path };
  },
});
