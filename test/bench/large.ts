import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Row, row } from './shared/define.ts';
import { cacheFolder, peersPython } from './shared/peers.ts';

/** Makes a chain of Gemm layers of 4096 x 4096 (64 MiB each), its weights inside the file or beside it. */
const make = `
import sys, numpy, onnx
from onnx import helper, numpy_helper, TensorProto
path, layers, external = sys.argv[1], int(sys.argv[2]), sys.argv[3] == 'external'
rng = numpy.random.default_rng(1)
weights, nodes, value = [], [], 'x'
for i in range(layers):
    array = rng.standard_normal((4096, 4096), dtype=numpy.float32) / 64
    weights.append(numpy_helper.from_array(array, f'w{i}'))
    nodes += [helper.make_node('Gemm', [value, f'w{i}'], [f'g{i}'], name=f'layer{i}'), helper.make_node('Relu', [f'g{i}'], [f'r{i}'])]
    value = f'r{i}'
graph = helper.make_graph(nodes, 'large', [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['N', 4096])], [helper.make_tensor_value_info(value, TensorProto.FLOAT, ['N', 4096])], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8)
onnx.save_model(model, path, save_as_external_data=external, location=path.split('/')[-1] + '.data')
`;

const load = `
import sys, time, resource, onnx
start = time.perf_counter()
model = onnx.load(sys.argv[1])
names = [node.name for node in model.graph.node]
print((time.perf_counter() - start) * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
`;

/** Opens the model and looks at every node and shape; the time is that of the opening, without the start of the process. */
const skim = (opener: string) => `
  const { openModel } = await import(${JSON.stringify(join(import.meta.dirname, '../../server/src/onnx/files.ts'))});
  const { inferShapes } = await import(${JSON.stringify(join(import.meta.dirname, '../../server/src/analysis/shapes.ts'))});
  const idle = process.memoryUsage.rss();
  const start = performance.now();
  const model = openModel(process.argv[1]);
  ${opener}
  console.log(performance.now() - start, process.resourceUsage().maxRSS * 1024 - idle);
`;

function figures(command: string, args: readonly string[]): { readonly ms: number; readonly bytes: number } {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(stderr);
  const [ms, bytes] = stdout.trim().split(/\s+/).map(Number);
  return { ms: ms!, bytes: bytes! };
}

/** Runs a command and gives its wall time and the peak of its memory. */
const watch = `
import sys, time, resource, subprocess
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print((time.perf_counter() - start) * 1000, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
`;

const pare = join(import.meta.dirname, '../../dist/pare.js');

export const bench: Bench = {
  summary: 'Opening, inspecting and optimizing models of 1 GB and 4 GB, beside Python onnx.load',
  run: async (log) => {
    const python = peersPython(log, 'requirements-onnx.txt');
    const folder = join(cacheFolder(), 'large');
    mkdirSync(folder, { recursive: true });
    const rows: Row[] = [];
    for (const [name, layers, where] of [
      ['1 GB', 16, 'inside'],
      ['4 GB external', 64, 'external'],
    ] as const) {
      const path = join(folder, `${layers}.onnx`);
      if (!existsSync(path)) {
        log(`making ${name} ...`);
        const { status, stderr } = spawnSync(python, ['-c', make, path, String(layers), where], {
          encoding: 'utf8',
        });
        if (status !== 0) throw new Error(stderr);
      }
      const peer = figures(python, ['-c', load, path]);
      const ours = figures(process.execPath, [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        skim('inferShapes(model);'),
        path,
      ]);
      rows.push(
        row(`${name}: structure and shapes`, ours.ms, peer.ms, 'ms'),
        row(`${name}: memory of that`, ours.bytes / 1e6, peer.bytes / 1e6, 'MB'),
      );
      const inspected = figures(python, ['-c', watch, process.execPath, pare, 'inspect', path, '--json']);
      rows.push(row(`${name}: pare inspect, the whole command`, inspected.ms, peer.ms, 'ms'));
      const target = join(folder, `${layers}.opt.onnx`);
      const optimized = figures(python, [
        '-c',
        watch,
        process.execPath,
        pare,
        'optimize',
        path,
        '-o',
        target,
        '--quiet',
      ]);
      const size = layers * 2 ** 26;
      rows.push(
        row(
          `${name}: peak memory of pare optimize over the file's size`,
          optimized.bytes / size,
          peer.bytes / size,
          'x',
        ),
      );
    }
    return rows;
  },
};
