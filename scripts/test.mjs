/**
 * `npm test`: installs what is missing and runs every check and test. Ends with `N passed, N failed`.
 * `npm test -- unit editor` runs only the stages named.
 */
import { spawn } from 'node:child_process';
import { installPackages, installSystem, succeeds } from './setup.mjs';

/** Each stage is a command; `tests` says that it prints its own `N passed, N failed`, otherwise it counts as one. */
const stages = [
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'types', command: ['npx', 'tsc', '--build'] },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'dependencies', command: ['npm', 'run', '--silent', 'check:dependencies'] },
  { name: 'unused', command: ['npm', 'run', '--silent', 'check:unused'] },
  { name: 'generated', command: ['npm', 'run', '--silent', 'docs', '--', '--check'] },
  {
    name: 'unit',
    command: ['npx', 'vitest', 'run', '--reporter=default', '--reporter=./scripts/count-reporter.mjs'],
    tests: true,
  },
  {
    name: 'conformance',
    command: ['npm', 'run', '--silent', 'conformance'],
    tests: true,
    system: [
      {
        there: () => succeeds('python3', '-c', 'import venv, ensurepip'),
        packages: ['python3', 'python3-venv'],
      },
    ],
  },
  {
    name: 'editor',
    command: ['npm', 'run', '--silent', 'test:editor'],
    tests: true,
    system: [{ there: () => succeeds('chromium', '--version'), packages: ['chromium'] }],
  },
];

/** Runs a command, shows what it prints as it comes, and keeps its standard output. */
function show([program, ...args]) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      shell: process.platform === 'win32',
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      process.stdout.write(text);
    });
    child.on('error', fail).on('close', (status) => done({ status, stdout }));
  });
}

installPackages();
const asked = process.argv.slice(2);
const chosen = asked.length > 0 ? stages.filter(({ name }) => asked.includes(name)) : stages;
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
for (const { name, command, tests, system = [] } of chosen) {
  console.log(`\n=== ${name}`);
  const missing = system.filter(({ there }) => !there()).flatMap(({ packages }) => packages);
  if (missing.length > 0 && !installSystem(missing))
    console.log(`Please install ${missing.join(', ')}: this stage needs it.`);
  const began = Date.now();
  const { status, stdout } = await show(command);
  const count = tests
    ? [...stdout.matchAll(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1)
    : undefined;
  if (count) {
    totals.passed += Number(count[1]);
    totals.failed += Number(count[2]);
    totals.skipped += Number(count[3] ?? 0);
    if (status !== 0 && Number(count[2]) === 0) totals.failed++;
  } else if (status === 0 && !tests) totals.passed++;
  else totals.failed++;
  if (status !== 0) failures.push(name);
  console.log(`${name}: ${status === 0 ? 'good' : 'FAILED'}, ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
