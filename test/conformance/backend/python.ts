import { spawnSync } from 'node:child_process';
import { messageOf } from '../../../server/src/base/errors.ts';
import { peersPython } from '../../bench/shared/peers.ts';

/** Runs a script of the suite; throws with what it wrote to stderr when it fails. */
export type Python = (script: string, args: readonly string[]) => void;

/** The Python that has ONNX's suite and onnxruntime; undefined, with the reason logged, where none can be made. */
export function suitePython(log: (line: string) => void): Python | undefined {
  let program: string;
  try {
    program = peersPython(log, 'onnx-suite.txt');
  } catch (error) {
    log(messageOf(error));
    return undefined;
  }
  return (script, args) => {
    const { status, signal, stderr } = spawnSync(program, [script, ...args], {
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    if (status !== 0) throw new Error(`${script} ended with ${status ?? signal}:\n${stderr}`);
  };
}
