/**
 * Looks at mutants one after another: `child.ts STATUS SEED FROM TO STEP`. Before each it writes the number into the file
 * STATUS, so that whoever watches knows at which one it hangs or dies; a failure that it survives is a line on stdout.
 */
import { openSync, writeSync } from 'node:fs';
import { inferShapes } from '../../../server/src/analysis/shapes.ts';
import { messageOf, PareError } from '../../../server/src/base/errors.ts';
import { createRng } from '../../../server/src/base/rng.ts';
import type { Model } from '../../../server/src/ir/model.ts';
import { readModel } from '../../../server/src/onnx/read.ts';
import { readText } from '../../../server/src/onnx/text/build.ts';
import { printModel } from '../../../server/src/onnx/text/printer.ts';
import { upgradeModel } from '../../../server/src/onnx/upgrade/upgrade.ts';
import { modelBytes } from '../../../server/src/onnx/write.ts';
import { type Mutant, mutant } from './mutations.ts';
import { seedModels, seedTexts } from './seeds.ts';

const [status, seed, from, to, step] = process.argv.slice(2) as [string, string, string, string, string];
const file = openSync(status, 'w');
const models = seedModels();
const texts = seedTexts(models);
/** Half of what a file may cost: the process itself has some too. */
const memoryLimit = 2 ** 30;

for (let number = Number(from); number < Number(to); number += Number(step)) {
  writeSync(file, String(number).padEnd(16), 0);
  const made = mutant(createRng((Number(seed) * 0x9e3779b1 + number) >>> 0), models, texts);
  const stage = lookAt(made);
  const memory = process.memoryUsage.rss();
  if (stage.failed) say({ number, kind: made.kind, failure: 'crash', message: stage.failed });
  else if (memory > memoryLimit)
    say({ number, kind: made.kind, failure: 'memory', message: `${memory} bytes` });
  else say({ kind: made.kind, accepted: stage.accepted });
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Reads, infers, prints, reads the print, up-converts and writes: only a `PareError` may stop it. */
function lookAt(made: Mutant): { readonly accepted: boolean; readonly failed?: string } {
  let stage = 'read';
  try {
    let model: Model | undefined;
    if ('model' in made) model = readModel(made.model);
    else {
      const read = readText(made.text);
      model = read.model;
      if (!model) return { accepted: false };
    }
    const stages: readonly (readonly [string, (model: Model) => unknown])[] = [
      ['infer', inferShapes],
      ['print', (it) => readText(printModel(it))],
      ['upgrade', upgradeModel],
      ['write', modelBytes],
      ['sort', (it) => it.graph.sort()],
    ];
    for (const [name, run] of stages) {
      stage = name;
      try {
        run(model);
      } catch (error) {
        if (!(error instanceof PareError)) throw error;
      }
    }
    return { accepted: true };
  } catch (error) {
    if (error instanceof PareError) return { accepted: false };
    const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
    return { accepted: false, failed: `${stage}: ${messageOf(error).slice(0, 200)} ${where}` };
  }
}
