/** The layers of the server, lowest first: a folder may import from its own layer's folder and from lower layers alone. */
const layers = [
  ['base'],
  ['ir'],
  ['onnx', 'ops', 'data'],
  ['analysis', 'architecture'],
  ['rewrite', 'autodiff'],
  ['steps'],
  ['recipe', 'profiles'],
  ['diagnostics'],
  ['measure'],
  ['runs'],
  ['language', 'cli'],
];
const folder = (names) => `^server/src/(${names.join('|')})/`;

const direction = layers
  .flatMap((names, level) => {
    const above = layers.slice(level + 1).flat();
    const beside = (name) => names.filter((other) => other !== name);
    return names.map((name) => ({
      name: `direction-${name}`,
      severity: 'error',
      comment: 'Dependencies point one way: see docs/architecture.md.',
      from: { path: folder([name]) },
      to: { path: folder([...above, ...beside(name), 'runtime']) },
    }));
  })
  .filter(({ name, to }) => to.path && name !== 'direction-cli');

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...direction,
    {
      name: 'direction-cli',
      severity: 'error',
      from: { path: folder(['cli']) },
      to: { path: folder(['language']) },
    },
    {
      name: 'runtime-knows-little',
      severity: 'error',
      from: { path: folder(['runtime']) },
      to: { path: '^server/src/(?!runtime/|base/|ir/|onnx/|steps/runner.ts)' },
    },
    {
      name: 'only-runtime-loads-onnxruntime',
      severity: 'error',
      from: { pathNot: folder(['runtime']) },
      to: { path: 'node_modules/onnxruntime', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'protocol-imports-nothing',
      severity: 'error',
      from: { path: folder(['protocol']) },
      to: { pathNot: folder(['protocol']) },
    },
    {
      name: 'an-operator-is-an-island',
      severity: 'error',
      from: { path: '^server/src/ops/(?!index|registry|shared/|.*\\.test)[^/]+\\.ts$' },
      to: { path: '^server/src/ops/(?!define|shared/)', pathNot: '\\.test\\.ts$' },
    },
    {
      name: 'operators-by-registry-only',
      severity: 'error',
      from: { path: '^server/src/(?!ops/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/src/ops/(?!define|registry|index|shared/)' },
    },
    {
      name: 'only-protocol-crosses',
      severity: 'error',
      from: { path: '^(client|webview)/src/' },
      to: { path: '^server/src/(?!protocol/|base/units\\.ts$)' },
    },
    {
      name: 'server-knows-no-client',
      severity: 'error',
      from: { path: '^server/src/' },
      to: { path: '^(client|webview)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    exclude: { path: '\\.(test|testing)\\.ts$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
