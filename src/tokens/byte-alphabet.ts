// GPT-2's alphabet: each of the 256 bytes as one printable character, as byte-level vocabularies spell their tokens.

/** Bytes that stand for themselves; the others get U+0100 and up, in order. */
function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

const byteToCode = new Int32Array(256);
const codeToByte = new Int16Array(0x200).fill(-1);
for (let byte = 0, next = 0x100; byte < 256; byte++) {
  const code = isPrintable(byte) ? byte : next++;
  byteToCode[byte] = code;
  codeToByte[code] = byte;
}

export function byteCharacter(byte: number): string {
  return String.fromCharCode(byteToCode[byte] ?? 0);
}

/** The bytes that a token of the vocabulary stands for; one with a foreign character stands for its own UTF-8. */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = codeToByte[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return Buffer.from(token, "utf8");
    bytes[i] = byte;
  }
  return bytes;
}
