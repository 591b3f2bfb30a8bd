import { cloneModel, type Model } from '../../ir/model.ts';
import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';

/** Domains that have had one version only. */
const onlyVersion: ReadonlyMap<string, number> = new Map([['com.microsoft', 1]]);
const model = (opsets: Readonly<Record<string, number>>) => () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 4] },
    nodes: [createNode('Gelu', ['x'], ['y'], { name: 'gelu', domain: 'com.microsoft' })],
    opsets,
  });

export const missingOpset = defineDiagnostic({
  subject: 'model',
  code: 'missing-opset',
  severity: 'error',
  what: 'The model uses operators of a domain whose version it does not state.',
  why: 'Without a version nobody can tell which definition of the operator is meant: ONNX Runtime refuses to load the file.',
  remedy: 'Export the model again with a current exporter.',
  *detect({ model, nameOf }) {
    const missing = new Map<string, string>();
    for (const { node } of nodesOf(model))
      if (!model.opsets.has(node.domain) && !missing.has(node.domain)) missing.set(node.domain, nameOf(node));
    for (const [domain, name] of missing) {
      const version = onlyVersion.get(domain);
      yield {
        message: `'${name}' is an operator of ${domain === '' ? 'ai.onnx' : `'${domain}'`}, for which the model imports no version.`,
        name,
        ...(version === undefined
          ? {}
          : {
              fix: {
                title: `Import version ${version} of ${domain}`,
                apply: (given) => withOpset(given, domain, version),
              },
            }),
      };
    }
  },
  bad: [model({ '': 21 })],
  good: [model({ '': 21, 'com.microsoft': 1 })],
});

const withOpset = (model: Model, domain: string, version: number): Model => ({
  ...cloneModel(model),
  opsets: new Map([...model.opsets, [domain, version]]),
});
