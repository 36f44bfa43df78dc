// Versions of vLLM as written on images and command lines, compared by their numbers.

export interface VllmVersion {
  readonly numbers: readonly [number, number, number];
  /** `0.32.0` */
  readonly text: string;
}

/** The release whose own parser the tables here were read from. */
export const TABLE_VERSION = "0.32.0";

const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+.]?(?:post|rc|dev|a|b)?\d*.*)?$/;

/** `0.11`, `v0.11.0`, `0.11.0.post1`; undefined for anything else, such as `latest`. */
export function parseVersion(text: string): VllmVersion | undefined {
  const found = VERSION.exec(text.trim());
  if (found === null) return undefined;
  const [major, minor, patch] = [found[1], found[2], found[3]].map((part) => Number(part ?? 0));
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return { numbers: [major, minor, patch], text: `${major}.${minor}.${patch}` };
}

export function isBefore(one: VllmVersion, other: string): boolean {
  const than = parseVersion(other);
  if (than === undefined) throw new RangeError(`${other} is no version`);
  for (const [i, number] of one.numbers.entries()) {
    const limit = than.numbers[i] ?? 0;
    if (number !== limit) return number < limit;
  }
  return false;
}
