import { DocumentDiagnosticReportKind } from 'vscode-languageserver/node';
import { defineFeature } from '../feature.ts';
import { toDiagnostic } from '../shared/to-diagnostic.ts';

/** Problems of an open recipe, pulled by the editor. They depend on other files, so the editor asks again when one changes. */
export const diagnostics = defineFeature({
  name: 'diagnostics',
  capabilities: {
    diagnosticProvider: { identifier: 'pare', interFileDependencies: true, workspaceDiagnostics: false },
  },
  register: (connection, workspace) => {
    connection.languages.diagnostics.on(async ({ textDocument: { uri } }) => {
      const { ignore } = (await workspace.settings(uri)).diagnostics;
      const recipe = workspace.recipe(uri);
      const problems = recipe?.problems() ?? [];
      return {
        kind: DocumentDiagnosticReportKind.Full,
        items: problems
          .filter(({ code }) => !ignore.includes(code))
          .map((problem) => toDiagnostic(problem, recipe!.document)),
      };
    });
  },
});
