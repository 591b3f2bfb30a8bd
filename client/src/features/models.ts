import type { CheckModelsResult, FixModelResult } from '@pare/server/protocol/language';
import * as vscode from 'vscode';
import { failed } from '../messages.ts';
import type { Feature } from '../services.ts';

const pattern = '**/*.onnx';
const excluded = '**/{node_modules,.pare,.git}/**';
/** More models than this are not checked unasked. */
const mostModels = 500;
/** A model that is being written changes many times a second. */
const settleMs = 500;

/** Has the server check the workspace's models, and again when one of them changes; offers to mend one. */
export const models: Feature = ({ context, server, log }) => {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const check = async (uris: readonly string[]) => {
    if (uris.length === 0) return;
    const { checked, problems } = await server.request<CheckModelsResult>('pare/checkModels', { uris });
    log.info(`${checked} of ${uris.length} models checked, ${problems} problems.`);
  };
  const checkAll = async () => {
    const found = await vscode.workspace.findFiles(pattern, excluded, mostModels);
    await check(found.map(String));
    return found.length;
  };
  const quietly = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn(`Models: ${error}`));
  const wanted = () => vscode.workspace.getConfiguration('pare').get<boolean>('models.check', true);
  const touched = (uri: vscode.Uri) => {
    if (!wanted() || /\/(node_modules|\.pare|\.git)\//.test(uri.path)) return;
    changed.add(uri.toString());
    clearTimeout(timer);
    timer = setTimeout(() => {
      const uris = [...changed];
      changed.clear();
      quietly(check(uris));
    }, settleMs);
  };

  const watcher = vscode.workspace.createFileSystemWatcher(pattern);
  watcher.onDidCreate(touched);
  watcher.onDidChange(touched);
  watcher.onDidDelete(touched);
  context.subscriptions.push(
    watcher,
    { dispose: () => clearTimeout(timer) },
    vscode.commands.registerCommand('pare.checkModels', async () => {
      const count = await checkAll();
      if (count === 0)
        void vscode.window.showInformationMessage('There is no model (*.onnx) in this workspace.');
      else await vscode.commands.executeCommand('workbench.actions.view.problems');
    }),
    vscode.commands.registerCommand('pare.fixModel', async (given: unknown) => {
      const uri = given instanceof vscode.Uri ? given.toString() : given;
      if (typeof uri !== 'string') return;
      try {
        const { uri: written, applied } = await server.request<FixModelResult>('pare/fixModel', { uri });
        void vscode.window.showInformationMessage(
          written === null
            ? 'Nothing to mend: no problem of this model has a fix.'
            : `${vscode.workspace.asRelativePath(vscode.Uri.parse(written))}: ${applied.join('; ')}`,
        );
      } catch (error) {
        await failed('The model was not mended', error);
      }
    }),
  );
  if (wanted()) quietly(checkAll());
};
