import { dataError } from './data-error.ts';

/** Where the coded bytes of a member lie. */
export interface ZipEntry {
  readonly coding: 'plain' | 'deflate';
  readonly start: number;
  readonly length: number;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
const [localSize, centralSize, endSize] = [30, 46, 22];
/** The end record may be followed by a comment. */
const longestComment = 2 ** 16;
/** A list of members beyond this is no NumPy archive. */
const largestDirectory = 2 ** 20;

export const isZip = (head: Uint8Array): boolean =>
  head.byteLength >= 4 && Buffer.from(head).readUInt32LE(0) === signatures.local;

/**
 * Finds a member of a zip file (APPNOTE.TXT 4.3), as `numpy.savez` writes them: `member` is its name without `.npy`, and may
 * be left out when there is one only. Errors: `data-format`, with the members' names when there is none of that name.
 */
export function zipEntry(
  read: (from: number, length: number) => Buffer,
  size: number,
  name: string,
  member: string | undefined,
): ZipEntry {
  const refuse = (what: string, hint: string) => dataError('data-format', `'${name}' ${what}.`, name, hint);
  const cut = () => refuse('is a damaged or cut-off archive', 'Copy or download the file again.');
  const tailSize = Math.min(size, endSize + longestComment);
  const tail = read(size - tailSize, tailSize);
  const at = tail.lastIndexOf(Buffer.of(0x50, 0x4b, 5, 6));
  if (at < 0 || at + endSize > tail.byteLength) throw cut();
  const [directorySize, directoryStart] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (directorySize > largestDirectory || directoryStart + directorySize > size)
    throw refuse(
      'is an archive that Pare does not read (over 4 GiB, or damaged)',
      'Save its arrays with `numpy.save`.',
    );
  const members = membersIn(read(directoryStart, directorySize));
  const found = member === undefined ? members : members.filter((each) => each.name === member);
  if (found.length !== 1)
    throw refuse(
      member === undefined ? 'holds several arrays' : `holds no array '${member}'`,
      `Name one after a '#', such as '${name.replace(/#.*/, '')}#${members[0]?.name ?? 'x'}'. It holds ${members.map((each) => each.name).join(', ') || 'nothing'}.`,
    );
  const { method, length, header } = found[0]!;
  if (method !== 0 && method !== 8)
    throw refuse(
      `is compressed by method ${method}`,
      'Save it with `numpy.savez` or `numpy.savez_compressed`.',
    );
  if (header + localSize > size) throw cut();
  const local = read(header, localSize);
  const start = header + localSize + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (local.readUInt32LE(0) !== signatures.local || start + length > size) throw cut();
  return { coding: method === 0 ? 'plain' : 'deflate', start, length };
}

interface Member {
  readonly name: string;
  readonly method: number;
  readonly length: number;
  /** Where its local header lies. */
  readonly header: number;
}

function membersIn(directory: Buffer): Member[] {
  const members: Member[] = [];
  let at = 0;
  while (at + centralSize <= directory.byteLength && directory.readUInt32LE(at) === signatures.central) {
    const nameSize = directory.readUInt16LE(at + 28);
    members.push({
      name: directory.toString('utf8', at + centralSize, at + centralSize + nameSize).replace(/\.npy$/, ''),
      method: directory.readUInt16LE(at + 10),
      length: directory.readUInt32LE(at + 20),
      header: directory.readUInt32LE(at + 42),
    });
    at += centralSize + nameSize + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return members;
}
