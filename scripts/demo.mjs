/** `npm run demo`: installs and builds what is missing, then compresses the example's model and measures it on all its test images. */
import { existsSync } from 'node:fs';
import { installPackages, run } from './setup.mjs';

installPackages();
if (!existsSync('dist/pare.js')) run('npm', ['run', '--silent', 'build']);
console.log('\npare run examples/fashion-mnist/fashion.pare.yaml\n');
run(process.execPath, [
  'dist/pare.js',
  'run',
  'examples/fashion-mnist/fashion.pare.yaml',
  ...process.argv.slice(2),
]);
