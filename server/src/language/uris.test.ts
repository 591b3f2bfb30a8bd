import { expect, it } from 'vitest';
import { pathOfUri, uriOfPath } from './uris.ts';

it.each([
  ['file:///home/me/a%20b/m.onnx', false, '/home/me/a b/m.onnx'],
  ['file:///c%3A/Users/me/a%20b/m.onnx', true, 'c:\\Users\\me\\a b\\m.onnx'],
  ['file:///C:/m.onnx', true, 'C:\\m.onnx'],
  ['file:///home/%C3%A9t%C3%A9.yaml', false, '/home/été.yaml'],
])('%s is a path (Windows: %s)', (uri, windows, path) => {
  expect(pathOfUri(uri, windows)).toBe(path);
  expect(pathOfUri(uriOfPath(path, windows), windows)).toBe(path);
});

it.each(['untitled:Untitled-1', 'git:/a/b', 'file:///a%2Fb', 'vscode-vfs://github/a'])(
  '%s is none',
  (uri) => {
    expect(pathOfUri(uri, false)).toBeUndefined();
  },
);
