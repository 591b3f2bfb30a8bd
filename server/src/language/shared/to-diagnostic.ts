import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Severity } from '../../diagnostics/define.ts';
import type { Problem } from '../../diagnostics/problem.ts';
import { toRange } from './ranges.ts';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** A problem as the editor shows it: in a recipe at its characters, of a model at the first line of its binary file. */
export function toDiagnostic(problem: Problem, document?: TextDocument): Diagnostic {
  const start = { line: 0, character: 0 };
  const range = problem.range && document ? toRange(document, problem.range) : { start, end: start };
  const where =
    problem.name === undefined || problem.message.includes(problem.name) ? '' : `${problem.name}: `;
  return {
    range,
    severity: severities[problem.severity],
    code: problem.code,
    source: 'pare',
    message: `${where}${problem.message}\n${problem.hint}`,
  };
}
