import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as z from 'zod';
import { exitCodes, PareError } from '../base/errors.ts';
import { version } from '../base/version.ts';
import { checkModel, checkRecipe } from '../diagnostics/check.ts';
import { fixModel } from '../diagnostics/fix.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { toSarif } from '../diagnostics/sarif.ts';
import { openModel, saveModel, writeAtomically } from '../onnx/files.ts';
import { placeText } from '../runs/prepare.ts';
import { defineCommand } from './define.ts';
import { refuseOverwrite } from './shared/paths.ts';

const isRecipe = (file: string): boolean => /\.ya?ml$/i.test(file);

export const check = defineCommand({
  name: 'check',
  summary: 'Say what is wrong or risky in models and recipes.',
  details:
    'Exits with 1 when there is an error, with 0 when there are only warnings. `--fix` mends recipes in place and writes a mended copy beside a model.',
  arguments: [{ name: 'FILE', doc: 'ONNX models and `*.pare.yaml` recipes', variadic: true }],
  options: z.strictObject({
    format: z
      .enum(['text', 'json', 'sarif'])
      .default('text')
      .describe('how to print what was found; SARIF is for code scanning'),
    fix: z.boolean().default(false).describe('apply the fixes that there are'),
    weights: z.boolean().default(true).describe('do not read the weights (quicker on large models)'),
  }),
  examples: ['pare check model.onnx recipe.pare.yaml', 'pare check *.onnx --format sarif > pare.sarif'],
  run: async (files, { format, fix, weights }, io) => {
    for (const file of files)
      if (!existsSync(file))
        throw new PareError('file-missing', `There is no file '${file}'.`, {
          hint: 'Check the path.',
          place: { file },
        });
    if (fix) for (const file of files) io.log(isRecipe(file) ? fixRecipe(file) : fixModelFile(file));
    const problems = files.flatMap((file) =>
      isRecipe(file)
        ? checkRecipe(readFileSync(file, 'utf8'), file)
        : checkModel(file, { readWeights: weights }),
    );
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const exitCode = errors > 0 ? exitCodes.no : exitCodes.done;
    const json = { errors, problems: problems.map(plain) };
    if (format === 'json') return { exitCode, json, text: JSON.stringify(json, undefined, 2) };
    if (format === 'sarif') {
      const textOf = (file: string) => readFileSync(file, 'utf8');
      const sarif = toSarif(problems, { version, root: process.cwd(), textOf });
      return { exitCode, json, text: JSON.stringify(sarif, undefined, 2) };
    }
    const count = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`;
    return {
      exitCode,
      json,
      text: [
        ...problems.map(line),
        `${count(errors, 'error')}, ${count(problems.length - errors, 'other finding')} in ${count(files.length, 'file')}`,
      ].join('\n'),
    };
  },
});

function place({ file, range, name }: Problem): string {
  if (range) return placeText(file, readFileSync(file, 'utf8'), range.start);
  return name === undefined ? file : `${file}: ${name}`;
}

const line = (problem: Problem): string =>
  `${place(problem)}: ${problem.severity}: ${problem.message} [${problem.code}]\n  ${problem.hint}`;

function plain(problem: Problem) {
  const { code, severity, message, hint, file, range, name, fixes, modelFix } = problem;
  return {
    code,
    severity,
    message,
    hint,
    file,
    place: place(problem),
    range: range ?? null,
    name: name ?? null,
    fixes: [...fixes.map(({ title }) => title), ...(modelFix ? [modelFix.title] : [])],
  };
}

/** Applies the best fix of every problem, from the end of the text backwards. */
function fixRecipe(file: string): string {
  const text = readFileSync(file, 'utf8');
  const edits = checkRecipe(text, file)
    .flatMap(({ fixes }) => fixes[0]?.edits ?? [])
    .sort((a, b) => b.range.start - a.range.start);
  let fixed = text;
  let untouched = text.length;
  for (const { range, text: replacement } of edits) {
    if (range.end > untouched) continue;
    fixed = fixed.slice(0, range.start) + replacement + fixed.slice(range.end);
    untouched = range.start;
  }
  if (fixed === text) return `${file}: nothing to fix`;
  writeAtomically(file, [new TextEncoder().encode(fixed)]);
  return `${file}: fixed`;
}

function fixModelFile(file: string): string {
  const { model, applied } = fixModel(openModel(file));
  if (applied.length === 0) return `${file}: nothing to fix`;
  const target = file.replace(/(\.onnx)?$/, '.fixed.onnx');
  refuseOverwrite(target, [file]);
  saveModel(model, target);
  return `${basename(target)}: ${applied.join('; ')}`;
}
