import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialState } from '../../../server/src/autodiff/state.ts';
import { openModel, saveModel } from '../../../server/src/onnx/files.ts';
import { runChild } from '../../../server/src/runtime/child.ts';
import { scalarArray, stateOf } from '../../../server/src/steps/train/step-arrays.ts';
import { rate } from './cases.ts';
import { batchesOf, type Job } from './job.ts';
import { isLayout, type Place, placesOf } from './kinds.ts';
import { stepOf } from './ours.ts';

/** Milliseconds of a step. */
export interface Timed {
  readonly place: Place;
  /** Operator, for those who look closer. */
  readonly operator: string;
  readonly time: number;
}

/** The session has the options of a training's (`runtime/session.ts`, `openStepper`) and the profile. */
const script = `
  const { readFileSync } = require('node:fs');
  const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array };
  const session = await ort.InferenceSession.create(input.model, {
    executionProviders: ['cpu'], graphOptimizationLevel: 'all', enableMemPattern: false, logSeverityLevel: 4,
    intraOpNumThreads: input.threads, interOpNumThreads: 1, enableProfiling: true, profileFilePrefix: input.profile,
  });
  const feeds = Object.fromEntries(input.feeds.map(({ name, type, dims, file }) =>
    [name, new ort.Tensor(type, new arrays[type](new Uint8Array(readFileSync(file)).buffer), dims)]));
  const outputs = Object.fromEntries(input.outputs.map(({ name, dims }) =>
    [name, new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims)]));
  for (let step = 0; step < input.steps; step++) await session.run(feeds, outputs);
  session.endProfiling();
  await session.release();
  answer(true);
`;

interface Event {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

const warmUp = 3;

/** Profiles steps of a case in a process of its own, which leaves its files in `folder`. Times are means over the steps. */
export async function profileOurs(
  job: Job,
  steps: number,
  threads: number,
  folder: string,
): Promise<Timed[]> {
  const step = await stepOf(job);
  const [samples, classes] = batchesOf(job)(0);
  const fed = {
    ...stateOf(step.state, initialState),
    [step.data[0]!]: samples,
    [step.targets[0]!.name]: classes,
    [step.rate]: scalarArray(rate),
    [step.step]: scalarArray(1),
  };
  const types: Readonly<Record<string, string>> = { float: 'float32', int64: 'int64', int32: 'int32' };
  const feeds = Object.entries(fed).map(([name, { type, dims, data }], index) => {
    const file = join(folder, `feed-${index}`);
    writeFileSync(file, data as Float32Array | Int32Array | BigInt64Array);
    return { name, type: types[type]!, dims, file };
  });
  const outputs = [
    ...step.state.map(({ output, dims }) => ({ name: output, dims })),
    ...[...step.metrics.values()].map((name) => ({ name, dims: [] })),
  ];
  const model = join(folder, 'step.onnx');
  saveModel(step.model, model);
  const profile = join(folder, 'profile');
  const input = { model, profile, feeds, outputs, threads, steps: warmUp + steps };
  const { answer, stderr } = await runChild(script, input, { timeoutMs: 600_000 });
  if (answer !== true) throw new Error(`The profile has failed: ${stderr}`);
  const file = readdirSync(folder).find((name) => name.startsWith('profile') && name.endsWith('.json'));
  const events = JSON.parse(readFileSync(join(folder, file!), 'utf8')) as readonly Event[];
  const places = placesOf(step, openModel(job.path).graph);
  return timesOf(events, steps, (node) => places.get(node) ?? places.get(unfused(node)));
}

function timesOf(
  events: readonly Event[],
  steps: number,
  placeOf: (node: string) => Place | undefined,
): Timed[] {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const timed = runs.slice(-steps);
  const whole = timed.reduce((sum, { dur }) => sum + dur, 0);
  const kernel = '_kernel_time';
  const nodes = events.filter(
    ({ cat, name, ts }) => cat === 'Node' && name.endsWith(kernel) && ts >= timed[0]!.ts,
  );
  const milliseconds = (microseconds: number) => microseconds / 1000 / steps;
  const inside = nodes.reduce((sum, { dur }) => sum + dur, 0);
  return [
    ...nodes.map(({ name, dur, args }): Timed => {
      const node = name.slice(0, -kernel.length);
      const operator = args.op_name ?? '?';
      return { place: placeOf(node) ?? unknown(operator), operator, time: milliseconds(dur) };
    }),
    {
      place: { phase: 'between', kind: 'between operators' },
      operator: '',
      time: milliseconds(whole - inside),
    },
  ];
}

/** The runtime adds nodes for layouts; what else it puts in place of others is shown as such. */
const unknown = (operator: string): Place =>
  isLayout(operator)
    ? { phase: 'forward', kind: 'layout' }
    : { phase: 'between', kind: 'renamed by the runtime' };

/** The name of a node before the runtime fused it: `fused NAME`, `NAME/MatMulAddFusion/GemmTransposeFusion/`. */
const unfused = (node: string): string =>
  node
    .replace(/^fused /, '')
    .replace(/((\/+\w+Fusion)+\/?|_FusedMatMulAndScale|_new_reshape)(_token_\d+)?$/, '');
