import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { Model } from '../../ir/model.ts';
import { qualifiedOp } from '../../ir/node.ts';
import { openModel } from '../../onnx/files.ts';
import { modelBytes } from '../../onnx/write.ts';

/** The operators that onnxruntime runs once it has optimized a model, in its order; layouts of one processor are left out. */
export async function fusedOperators(model: Model): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pare-fused-'));
  try {
    const path = join(folder, 'model.onnx');
    const session = await InferenceSession.create(modelBytes(model), {
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath: path,
      logSeverityLevel: 3,
    });
    await session.release();
    return openModel(path).graph.nodes.map((node) => qualifiedOp(node).replace('com.microsoft.', ''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
