import type { Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextRange } from '../../base/errors.ts';

export const toRange = (document: TextDocument, { start, end }: TextRange): Range => ({
  start: document.positionAt(start),
  end: document.positionAt(end),
});

export const toOffsets = (document: TextDocument, { start, end }: Range): TextRange => ({
  start: document.offsetAt(start),
  end: document.offsetAt(end),
});

/** True when the ranges share a character, or one is empty and lies within or at the edge of the other. */
export const touches = (a: TextRange, b: TextRange): boolean => a.start <= b.end && b.start <= a.end;
