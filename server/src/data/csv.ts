import { readFileSync, statSync } from 'node:fs';
import { didYouMean } from '../base/suggest.ts';
import { dataError, fileError } from './data-error.ts';

/** A table of numbers, with a column of classes and columns of targets, row after row. */
export interface CsvTable {
  readonly rows: number;
  /** Names of the columns that are neither label nor apart. */
  readonly columns: readonly string[];
  readonly values: Float64Array;
  /** The columns that were asked for apart, row after row. */
  readonly apart: Float64Array;
  /** The label column as text; undefined when none is named. */
  readonly labels: readonly string[] | undefined;
}

export const isCsv = (path: string): boolean => /\.(csv|tsv)$/i.test(path);

/** Larger tables belong into a binary file. */
const largestFile = 2 ** 28;

/**
 * Reads a CSV or TSV file (RFC 4180; the first line names the columns; separators are comma, semicolon or tab, whichever
 * the first line has most of). Every column but `label` holds numbers; those named in `apart` come in that order, by themselves.
 * Errors: `file-missing`, `file-unreadable`, `data-too-large`, `data-format` names the line, `data-labels` and `data-targets`
 * when there is no such column, `data-nan` for an empty cell.
 */
export function readCsv(path: string, label: string | undefined, apart: readonly string[] = []): CsvTable {
  const [header, ...rows] = records(readText(path), path);
  if (!header)
    throw dataError('data-format', `'${path}' is empty.`, path, 'Its first line names the columns.');
  const names = header.cells;
  const at = label === undefined ? -1 : columnOf(label, names, path, 'data-labels');
  const aside = apart.map((name) => columnOf(name, names, path, 'data-targets'));
  const places = names.map((_, column) => aside.indexOf(column));
  const columns = names.filter((_, column) => column !== at && places[column]! < 0);
  const values = new Float64Array(rows.length * columns.length);
  const set = new Float64Array(rows.length * aside.length);
  const labels: string[] = [];
  let to = 0;
  for (const [sample, { cells, line }] of rows.entries()) {
    if (cells.length !== names.length)
      throw dataError(
        'data-format',
        `Line ${line} of '${path}' has ${cells.length} cells; the first line names ${names.length} columns.`,
        path,
        'Every line has one cell for each column; text with a separator in it stands in quotes.',
      );
    for (const [column, cell] of cells.entries()) {
      if (column === at) labels.push(cell.trim());
      else {
        const value = numberIn(cell, sample, line, names[column]!, path);
        if (places[column]! < 0) values[to++] = value;
        else set[sample * aside.length + places[column]!] = value;
      }
    }
  }
  return { rows: rows.length, columns, values, apart: set, labels: at < 0 ? undefined : labels };
}

function columnOf(
  name: string,
  names: readonly string[],
  path: string,
  code: 'data-labels' | 'data-targets',
): number {
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const meant = didYouMean(name, names);
  throw dataError(
    code,
    `'${path}' has no column '${name}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
    path,
    `Its columns are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' ...' : ''}.`,
  );
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > largestFile)
      throw dataError(
        'data-too-large',
        `'${path}' has ${size} bytes; tables may have ${largestFile}.`,
        path,
        'Save the samples with `numpy.save`.',
      );
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, path) : error;
  }
}

interface Line {
  readonly cells: readonly string[];
  /** From 1, as editors count. */
  readonly line: number;
}

/** The records of the text; empty lines are none. A quoted cell may hold separators, line ends and doubled quotes. */
function records(text: string, path: string): Line[] {
  const first = text.slice(0, /\r|\n|$/.exec(text)!.index);
  const separator = [',', ';', '\t'].reduce((best, candidate) =>
    first.split(candidate).length > first.split(best).length ? candidate : best,
  );
  const found: Line[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const start = line;
    const cells: string[] = [];
    for (;;) {
      let cell: string;
      if (text[at] === '"') {
        const end = closingQuote(text, at + 1);
        if (end < 0)
          throw dataError(
            'data-format',
            `A quote that opens in line ${line} of '${path}' is never closed.`,
            path,
            'Close it, or double it where it is meant as a character.',
          );
        cell = text.slice(at + 1, end).replaceAll('""', '"');
        line += cell.split('\n').length - 1;
        at = end + 1;
      } else {
        let end = at;
        while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r')
          end++;
        cell = text.slice(at, end);
        at = end;
      }
      cells.push(cell);
      if (text[at] !== separator) break;
      at++;
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r')
      throw dataError(
        'data-format',
        `Line ${line} of '${path}' goes on after a closing quote.`,
        path,
        'Double a quote that is meant as a character.',
      );
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    if (cells.length > 1 || cells[0]!.trim() !== '') found.push({ cells, line: start });
  }
  return found;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

function numberIn(cell: string, sample: number, line: number, column: string, path: string): number {
  const text = cell.trim();
  if (text === '')
    throw dataError(
      'data-nan',
      `Sample ${sample} of '${path}' (line ${line}) has no value in column '${column}'.`,
      path,
      'Remove such samples, or replace what is missing.',
    );
  const value = Number(text);
  if (Number.isNaN(value) && !/^nan$/i.test(text))
    throw dataError(
      'data-format',
      `'${text}' in line ${line} of '${path}', column '${column}', is no number.`,
      path,
      'Every column but the label column holds numbers.',
    );
  return value;
}
