import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PareError } from '../../base/errors.ts';
import type { Model } from '../../ir/model.ts';
import { externalIn, placeBeside, writeAtomically } from '../files.ts';
import type { Placement } from '../write.ts';
import { readText } from './build.ts';
import { printModel } from './printer.ts';
import type { TextProblem } from './tree.ts';

/** Tensors above this many bytes are left out of a text: 64 floats. */
export const inlineBytes = 256;

/**
 * Large tensors as references into the model file that they were read from: a text beside the model needs no copy of the
 * weights. It holds as long as that file stays as it is.
 */
export function placeInModel(folder: string, largest = inlineBytes): Placement {
  return ({ data }) => {
    if (data.size <= largest || !data.file) return undefined;
    const location = relative(resolve(folder), resolve(data.file.path)).replaceAll('\\', '/');
    if (location.startsWith('..')) return undefined;
    return new Map([
      ['location', location],
      ['offset', String(data.file.offset)],
      ['length', String(data.size)],
    ]);
  };
}

/** Writes a model as text, with large tensors in `<name>.data` beside it. Returns the bytes written. Throws `cannot-write`. */
export function saveText(model: Model, path: string, largest = inlineBytes): number {
  const location = `${basename(path)}.data`;
  const beside = placeBeside(location, largest + 1);
  const text = new TextEncoder().encode(printModel(model, beside.place));
  const data = beside.size() > 0 ? writeAtomically(join(dirname(path), location), beside.chunks()) : 0;
  return data + writeAtomically(path, [text]);
}

/**
 * Reads a text file as a model. External data must lie in its folder.
 * Errors: `file-unreadable`; `text-wrong` with the first problems and their lines.
 */
export function openText(path: string): Model {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PareError(missing ? 'file-missing' : 'file-unreadable', `'${path}' cannot be read.`, {
      hint: 'Check the path.',
      place: { file: path },
      cause: error,
    });
  }
  const { model, problems } = readText(text, externalIn(dirname(resolve(path))));
  const [first] = problems;
  if (model && !first) return model;
  const shown = problems.slice(0, 10).map((problem) => describe(text, problem));
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  throw new PareError('text-wrong', ['The text is no model:', ...shown, ...more].join('\n  '), {
    hint: 'The syntax is that of ONNX: https://onnx.ai/onnx/repo-docs/Syntax.html.',
    place: { file: path, ...(first ? { range: first.range } : {}) },
  });
}

/** `3:14: message`, with line and column counted from one. */
function describe(text: string, { message, range }: TextProblem): string {
  const before = text.slice(0, range.start).split('\n');
  return `${before.length}:${before[before.length - 1]!.length + 1}: ${message}`;
}
