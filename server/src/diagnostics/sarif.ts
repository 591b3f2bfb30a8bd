import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TextRange } from '../base/errors.ts';
import type { Severity } from './define.ts';
import type { Problem } from './problem.ts';

export interface SarifOptions {
  /** Version of Pare. */
  readonly version: string;
  /** Files below this folder are named relative to it. */
  readonly root: string;
  /** The text of a recipe, for lines and columns. */
  readonly textOf: (file: string) => string;
}

const levels: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};

/** Problems as a SARIF 2.1.0 log (OASIS), for code scanning: a recipe's with lines and columns, a model's with its layer. */
export function toSarif(problems: readonly Problem[], options: SarifOptions): object {
  const rules = [...new Map(problems.map(({ code, diagnostic }) => [code, diagnostic])).values()];
  const texts = new Map<string, string>();
  const textOf = (file: string) => {
    const known = texts.get(file) ?? options.textOf(file);
    texts.set(file, known);
    return known;
  };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Pare',
            semanticVersion: options.version,
            rules: rules.map(({ code, severity, what, why, remedy }) => ({
              id: code,
              shortDescription: { text: what },
              fullDescription: { text: `${what} ${why}` },
              help: { text: remedy },
              defaultConfiguration: { level: levels[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => ({
          ruleId: problem.code,
          ruleIndex: rules.indexOf(rules.find(({ code }) => code === problem.code)!),
          level: levels[problem.severity],
          message: { text: `${problem.message} ${problem.hint}` },
          locations: [location(problem, options.root, textOf)],
          ...fixesOf(problem, options.root, textOf),
        })),
      },
    ],
  };
}

function location({ file, range, name }: Problem, root: string, textOf: (file: string) => string): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file, root) },
      ...(range ? { region: regionOf(textOf(file), range) } : {}),
    },
    ...(name === undefined ? {} : { logicalLocations: [{ name, kind: 'element' }] }),
  };
}

function fixesOf({ file, fixes }: Problem, root: string, textOf: (file: string) => string): object {
  if (fixes.length === 0) return {};
  return {
    fixes: fixes.map(({ title, edits }) => ({
      description: { text: title },
      artifactChanges: [
        {
          artifactLocation: { uri: uriOf(file, root) },
          replacements: edits.map(({ range, text }) => ({
            deletedRegion: regionOf(textOf(file), range),
            insertedContent: { text },
          })),
        },
      ],
    })),
  };
}

/** Lines and columns from 1; the end column is that of the character after the last. */
function regionOf(text: string, { start, end }: TextRange) {
  const at = (offset: number) => {
    const before = text.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  };
  const [first, last] = [at(start), at(end)];
  return { startLine: first.line, startColumn: first.column, endLine: last.line, endColumn: last.column };
}

/** A relative URI below the root, an absolute one elsewhere. */
function uriOf(file: string, root: string): string {
  const way = relative(root, file);
  if (way.startsWith('..') || isAbsolute(way)) return pathToFileURL(file).href;
  return way.split(sep).map(encodeURIComponent).join('/');
}
