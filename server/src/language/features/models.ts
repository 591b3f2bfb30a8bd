import { statSync } from 'node:fs';
import { type Connection, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { messageOf } from '../../base/errors.ts';
import { checkModel } from '../../diagnostics/check.ts';
import { fixModelFile } from '../../diagnostics/fix.ts';
import type { Problem } from '../../diagnostics/problem.ts';
import type { FixModelParams, LanguageRequests } from '../../protocol/language.ts';
import { defineFeature } from '../feature.ts';
import { toDiagnostic } from '../shared/to-diagnostic.ts';
import { pathOfUri, uriOfPath } from '../uris.ts';
import type { Workspace } from '../workspace.ts';

type CheckModels = LanguageRequests['pare/checkModels'];
type FixModel = LanguageRequests['pare/fixModel'];

/** Problems of the model files that the client names, which are never opened as documents. */
export const models = defineFeature({
  name: 'models',
  capabilities: {},
  register: (connection, workspace) => {
    const known = new Map<string, Checked>();
    connection.onRequest(
      'pare/checkModels' satisfies keyof LanguageRequests,
      async ({ uris }: CheckModels['params'], token): Promise<CheckModels['result']> => {
        let problems = 0;
        for (const [checked, uri] of uris.entries()) {
          if (token.isCancellationRequested) return { checked, problems };
          problems += await publish(connection, workspace, uri, known);
          // Other requests come first: each model may take a while.
          await new Promise(setImmediate);
        }
        return { checked: uris.length, problems };
      },
    );
    connection.onRequest(
      'pare/fixModel' satisfies keyof LanguageRequests,
      ({ uri, codes }: FixModelParams): FixModel['result'] | ResponseError<void> => {
        const file = pathOfUri(uri);
        if (!file)
          return new ResponseError(LSPErrorCodes.RequestFailed, `'${uri}' is no file on this machine.`);
        try {
          const { path, applied } = fixModelFile(file, { codes, readWeights: false });
          return { uri: path === undefined ? null : uriOfPath(path), applied };
        } catch (error) {
          return new ResponseError(LSPErrorCodes.RequestFailed, messageOf(error));
        }
      },
    );
  },
});

interface Checked {
  readonly stamp: string;
  readonly problems: readonly Problem[];
}

async function publish(
  connection: Connection,
  workspace: Workspace,
  uri: string,
  known: Map<string, Checked>,
): Promise<number> {
  const file = pathOfUri(uri);
  const stats = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  if (file === undefined || !stats) {
    known.delete(uri);
    await connection.sendDiagnostics({ uri, diagnostics: [] });
    return 0;
  }
  const stamp = `${stats.size} ${stats.mtimeMs}`;
  let checked = known.get(uri);
  if (checked?.stamp !== stamp) {
    const problems = checkModel(file);
    // What mends a file that cannot be used may lie elsewhere, so it is looked at each time.
    checked = { stamp: problems.some(({ severity }) => severity === 'error') ? '' : stamp, problems };
    known.set(uri, checked);
  }
  const { ignore } = (await workspace.settings(uri)).diagnostics;
  const shown = checked.problems.filter(({ code }) => !ignore.includes(code));
  await connection.sendDiagnostics({ uri, diagnostics: shown.map((problem) => toDiagnostic(problem)) });
  return shown.length;
}
