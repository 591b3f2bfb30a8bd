import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Row } from './define.ts';

/** A figure as tables show it. */
export const figureText = (value: number | null): string =>
  value === null ? '' : String(Number(value.toPrecision(4)));

/** Puts a benchmark's rows into a Markdown file: in place of what an earlier run put there, or at the end. */
export function putInto(file: string, name: string, rows: readonly Row[]): void {
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of ${name} -->`];
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  const found = from >= 0 && to > from;
  const [before, after] = found ? [text.slice(0, from), text.slice(to + end.length)] : [`${text}\n`, '\n'];
  writeFileSync(file, `${before}${begin}\n\n${markdown(rows)}\n\n${end}${after}`);
}

function markdown(rows: readonly Row[]): string {
  const lines = rows.map(({ name, ours, peer, ratio, unit }) => [
    name,
    figureText(ours),
    figureText(peer),
    ratio === null ? '' : ratio.toFixed(3),
    unit,
  ]);
  return [['figure', 'ours', 'peer', 'ratio', 'unit'], ['---', '--:', '--:', '--:', '---'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
