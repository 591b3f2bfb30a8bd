import type { Measurement, RunResult } from '@pare/server/protocol/run';

/**
 * The run's figures, unrounded, one a line: `section,name,quantity,before,after`. Bytes, milliseconds, counts and fractions.
 */
export function toCsv(run: RunResult): string {
  type Row = readonly (string | number | null)[];
  const rows: Row[] = [['section', 'name', 'quantity', 'before', 'after']];
  const add = (
    section: string,
    name: string,
    quantity: string,
    value: (m: Measurement) => number | null | undefined,
  ) => {
    const [before, after] = [run.before, run.after].map((m) => (m ? (value(m) ?? null) : null));
    rows.push([section, name, quantity, before!, after!]);
  };
  add('model', run.model, 'bytes', (m) => m.bytes);
  add('model', run.model, 'parameters', (m) => m.parameters);
  add('model', run.model, 'zeros', (m) => m.zeros);
  add('model', run.model, 'macs', (m) => m.macs);
  add('model', run.model, 'latency-p50-ms', (m) => m.latencyMs.p50);
  add('model', run.model, 'latency-p95-ms', (m) => m.latencyMs.p95);
  add('model', run.model, 'throughput', (m) => m.throughput);
  add('model', run.model, 'memory-bytes', (m) => m.memoryBytes);
  add('model', run.model, 'accuracy', (m) => m.accuracy?.value);
  add('model', run.model, 'accuracy-low', (m) => m.accuracy?.low);
  add('model', run.model, 'accuracy-high', (m) => m.accuracy?.high);
  for (const { layer, bytesBefore, bytesAfter } of run.layers)
    rows.push(['layer', layer, 'bytes', bytesBefore, bytesAfter]);
  const classes = (run.after ?? run.before)?.accuracy?.classes ?? [];
  classes.forEach(({ name }, index) => {
    add('class', name, 'recall', (m) => m.accuracy?.classes[index]?.recall);
    add('class', name, 'precision', (m) => m.accuracy?.classes[index]?.precision);
  });
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** RFC 4180; a text that a spreadsheet would take for a formula gets a quote in front. */
function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
