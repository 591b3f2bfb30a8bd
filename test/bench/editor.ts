import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CompletionRequest,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  HoverRequest,
} from 'vscode-languageserver-protocol/node';
import { startTestServer, type TestServer } from '../protocol/server.ts';
import { type Bench, type Row, row } from './shared/define.ts';

const recipe = join(import.meta.dirname, '../../examples/fashion-mnist/fashion.pare.yaml');

/** Sorted times of `count` calls, in milliseconds. */
async function timed(count: number, call: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await call(index);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

const quantiles = (name: string, times: readonly number[], limit: number): Row[] => [
  row(`${name}, median`, times[Math.floor(times.length / 2)]!, limit, 'ms'),
  row(`${name}, 95th percentile`, times[Math.floor(times.length * 0.95)]!, limit, 'ms'),
];

async function measure(server: TestServer, text: string): Promise<readonly Row[]> {
  const uri = pathToFileURL(recipe).href;
  const textDocument = { uri };
  await server.connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'pare-recipe', version: 1, text },
  });
  const line = text.split('\n').findIndex((each) => each.startsWith('  conv1:'));
  const position = { line, character: 4 };
  const hover = () => server.connection.sendRequest(HoverRequest.type, { textDocument, position });
  // As an editor does: what is wrong is asked for at once, a hover comes later.
  const opened = await timed(1, () =>
    server.connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument }),
  );
  const first = await timed(1, hover);
  const hovers = await timed(200, hover);
  const completions = await timed(100, () =>
    server.connection.sendRequest(CompletionRequest.type, { textDocument, position }),
  );
  const keystrokes = await timed(100, async (index) => {
    // A letter typed into a comment and taken out again: the recipe is parsed and checked anew.
    const changed = index % 2 === 0 ? `${text}# x` : text;
    await server.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: index + 2 },
      contentChanges: [{ text: changed }],
    });
    await server.connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument });
  });
  return [
    row('diagnostics after opening', opened[0]!, 100, 'ms'),
    row('first hover', first[0]!, 20, 'ms'),
    ...quantiles('hover on a layer', hovers, 20),
    ...quantiles('completion', completions, 50),
    ...quantiles('keystroke to diagnostics', keystrokes, 50),
  ];
}

export const bench: Bench = {
  summary:
    'The language server on the example, beside the limits that it is held to: ready, hover, completion, diagnostics',
  run: async () => {
    process.env.PARE_TEST_BUNDLE = '1';
    const starts: number[] = [];
    let rows: readonly Row[] = [];
    for (let round = 0; round < 5; round++) {
      const server = await startTestServer();
      starts.push(server.readyMs);
      if (round === 4) rows = await measure(server, readFileSync(recipe, 'utf8'));
      await server.stop();
    }
    starts.sort((a, b) => a - b);
    return [row('from the start of the process to ready, median', starts[2]!, 500, 'ms'), ...rows];
  },
};
