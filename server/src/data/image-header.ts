/** What the first bytes of an image say of it. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'webp';
  readonly width: number;
  readonly height: number;
  /** 1: shades of grey; 3: colours, whatever stands beside them (transparency) and however they are coded. */
  readonly channels: 1 | 3;
}

/**
 * Reads the header of a JPEG (ITU T.81, B.2), PNG (W3C PNG, 11.2.2) or WebP (RFC 9649) file, or undefined when the bytes are
 * none or end too early. Decodes nothing.
 */
export function imageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = isJpeg(view)
      ? jpeg(view)
      : isPng(view)
        ? png(view)
        : isWebp(view)
          ? webp(view)
          : undefined;
    return header && header.width > 0 && header.height > 0 ? header : undefined;
  } catch (error) {
    // A read past the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const isJpeg = (view: DataView): boolean => view.byteLength > 2 && view.getUint16(0) === 0xffd8;
const isPng = (view: DataView): boolean =>
  view.byteLength > 8 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
const isWebp = (view: DataView): boolean =>
  view.byteLength > 12 && view.getUint32(0) === 0x52494646 && view.getUint32(8) === 0x57454250;

/** Walks the segments to the frame header: the first SOF marker, which is none of DHT, JPG and DAC. */
function jpeg(view: DataView): ImageHeader | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      // A fill byte.
      at++;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        channels: view.getUint8(at + 9) === 1 ? 1 : 3,
      };
    // The scan comes after the frame header, and a length counts its own two bytes.
    const length = view.getUint16(at + 2);
    if (marker === 0xda || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

function png(view: DataView): ImageHeader | undefined {
  // 'IHDR'; colour types 0 and 4 are grey, without and with transparency.
  if (view.getUint32(12) !== 0x49484452) return undefined;
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    channels: [0, 4].includes(view.getUint8(25)) ? 1 : 3,
  };
}

function webp(view: DataView): ImageHeader | undefined {
  const size = (width: number, height: number): ImageHeader => ({
    format: 'webp',
    width,
    height,
    channels: 3,
  });
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    // 'VP8 ': lossy; 'VP8L': lossless; 'VP8X': extended.
    case 0x56503820:
      return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case 0x5650384c: {
      const bits = view.getUint32(21, true);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 0x56503858:
      return size(uint24(24) + 1, uint24(27) + 1);
    default:
      return undefined;
  }
}
