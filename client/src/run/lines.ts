/** Cuts a stream of text into lines; the returned function takes pieces, and the rest of the last line with `null`. */
export function lineReader(onLine: (line: string) => void): (piece: string | null) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + (piece ?? '\n')).split(/\r?\n/);
    rest = piece === null ? '' : lines.pop()!;
    for (const line of lines) if (line !== '') onLine(line);
  };
}
