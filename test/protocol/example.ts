import { join } from 'node:path';
import { npyFile } from '../../server/src/data/array-files.testing.ts';
import { smallClassifier } from '../../server/src/diagnostics/shared/sketch.ts';
import { saveModel } from '../../server/src/onnx/files.ts';
import type { TestServer } from './server.ts';

/** Writes `small model.onnx`, a classifier of 8 by 8 pixels, with data of six samples into the server's folder. */
export function writeExample(server: TestServer): void {
  saveModel(smallClassifier(), join(server.folder, 'small model.onnx'));
  server.write('data/images.npy', npyFile('|u1', [6, 8, 8], new Uint8Array(6 * 64)));
  server.write('data/labels.npy', npyFile('|u1', [6], new Uint8Array(6)));
}
