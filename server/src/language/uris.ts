import { fileURLToPath, pathToFileURL } from 'node:url';

/** The path of a `file:` URI, spaces and drive letters (`file:///c%3A/a%20b`) included; undefined for other schemes. */
export function pathOfUri(uri: string, windows = process.platform === 'win32'): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri, { windows });
  } catch {
    // A host, or an encoded slash: not a file that can be read.
    return undefined;
  }
}

export function uriOfPath(path: string, windows = process.platform === 'win32'): string {
  return pathToFileURL(path, { windows }).href;
}
