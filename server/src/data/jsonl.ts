import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { dataError, fileError } from './data-error.ts';
import { openFile } from './open-file.ts';

/** Texts, one a line, with their classes. */
export interface JsonLines {
  readonly texts: readonly string[];
  /** The labels as text; undefined when no key is named for them. */
  readonly labels: readonly string[] | undefined;
}

export const isJsonl = (path: string): boolean => /\.(jsonl|ndjson)$/i.test(path);

const largestFile = 2 ** 29;
const lineEnd = 0x0a;

/** Lines of a file that are not blank. Errors: `file-missing`, `file-unreadable`, `data-too-large`. */
export function countLines(path: string): number {
  const file = openFile(path);
  try {
    requireSize(fstatSync(file).size, path);
    const chunk = Buffer.alloc(2 ** 20);
    let [lines, blank] = [0, true];
    for (let length = 1; length > 0; ) {
      length = readSync(file, chunk);
      for (let at = 0; at < length; at++) {
        if (chunk[at] === lineEnd) {
          if (!blank) lines++;
          blank = true;
        } else if (chunk[at]! > 0x20) blank = false;
      }
    }
    return blank ? lines : lines + 1;
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, path) : error;
  } finally {
    closeSync(file);
  }
}

/**
 * Reads a file of JSON objects, one a line; blank lines are none. `text` and `label` name the keys that count; a label is a
 * string, a number or a truth value.
 * Errors: `file-missing`, `file-unreadable`, `data-too-large`; `data-format` and `data-labels` name the line.
 */
export function readJsonl(path: string, text: string, label: string | undefined): JsonLines {
  const bytes = read(path);
  const texts: string[] = [];
  const labels: string[] = [];
  for (let [at, line] = [0, 1]; at < bytes.byteLength; line++) {
    const found = bytes.indexOf(lineEnd, at);
    const end = found < 0 ? bytes.byteLength : found;
    const content = bytes.toString('utf8', at, end);
    at = end + 1;
    if (isBlank(content)) continue;
    const value = objectIn(content.trim(), line, path);
    const own = value[text];
    if (typeof own !== 'string') throw noText(value, text, line, path);
    texts.push(own);
    if (label !== undefined) labels.push(labelIn(value, label, line, path));
  }
  return { texts, labels: label === undefined ? undefined : labels };
}

/** As `countLines` sees it. */
function isBlank(content: string): boolean {
  for (let at = 0; at < content.length; at++) if (content.charCodeAt(at) > 0x20) return false;
  return true;
}

function read(path: string): Buffer {
  try {
    const bytes = readFileSync(path);
    requireSize(bytes.byteLength, path);
    return bytes;
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, path) : error;
  }
}

function requireSize(size: number, path: string): void {
  if (size > largestFile)
    throw dataError(
      'data-too-large',
      `'${path}' has ${size} bytes; files of texts may have ${largestFile}.`,
      path,
      'Split it, or keep the lines that are needed.',
    );
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(content: string, line: number, path: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw dataError(
      'data-format',
      `Line ${line} of '${path}' is no JSON: ${messageOf(error)}.`,
      path,
      'Every line is one JSON object, such as `{"text": "Hello", "label": 1}`.',
      error,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw dataError(
      'data-format',
      `Line ${line} of '${path}' is no JSON object.`,
      path,
      'Every line is one JSON object, such as `{"text": "Hello", "label": 1}`.',
    );
  // Without a prototype no key is there that the line does not have.
  return Object.assign(Object.create(null) as object, value) as Fields;
}

function noText(value: Fields, key: string, line: number, path: string) {
  const strings = Object.keys(value).filter((name) => typeof value[name] === 'string');
  const meant = didYouMean(key, strings);
  return dataError(
    'data-format',
    key in value
      ? `'${key}' in line ${line} of '${path}' is no text.`
      : `Line ${line} of '${path}' has no '${key}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
    path,
    strings.length > 0
      ? `Name the key that holds the text (\`text:\`); texts are ${strings.slice(0, 10).join(', ')}.`
      : 'Name the key that holds the text (`text:`).',
  );
}

function labelIn(value: Fields, key: string, line: number, path: string): string {
  const label = value[key];
  if (typeof label === 'string') return label.trim();
  if (typeof label === 'number' || typeof label === 'boolean') return String(label);
  const meant = didYouMean(key, Object.keys(value));
  throw dataError(
    'data-labels',
    key in value
      ? `'${key}' in line ${line} of '${path}' is no label.`
      : `Line ${line} of '${path}' has no '${key}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
    path,
    'A label is a string or a number; name its key in `labels`.',
  );
}
