// Puts the client's model name in the place of the arm's, in bytes that come in pieces; everything else stays as it is.

export interface ModelRename {
  push(chunk: Buffer): Buffer;
  /** What was held back, because it may have become the name. */
  end(): Buffer;
}

/**
 * A quote inside a JSON string is escaped, so `"model":"…"` as bytes is always a member and never text of the model.
 * Only the ways in which servers write it are known: with no blank after the colon, or one.
 */
export function modelRename(from: string, to: string): ModelRename {
  const name = JSON.stringify(from);
  const patterns = ['"model":', '"model": '].map((key) => ({
    from: Buffer.from(key + name),
    to: Buffer.from(key + JSON.stringify(to)),
  }));
  let held: Buffer = Buffer.alloc(0);

  function push(chunk: Buffer): Buffer {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const parts: Buffer[] = [];
    let done = 0;
    for (let next = firstOf(bytes, patterns, done); next !== undefined; next = firstOf(bytes, patterns, done)) {
      parts.push(bytes.subarray(done, next.at), next.to);
      done = next.at + next.from.length;
    }
    // Only what follows the last name may be the start of another one.
    const rest = bytes.subarray(done);
    const open = Math.max(...patterns.map((one) => openEnd(rest, one.from)));
    held = Buffer.from(rest.subarray(rest.length - open));
    const out = rest.subarray(0, rest.length - open);
    return parts.length === 0 ? out : Buffer.concat([...parts, out]);
  }

  return {
    push,
    end() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** Length of the longest end of `bytes` that is a proper start of `pattern`. */
function openEnd(bytes: Buffer, pattern: Buffer): number {
  const first = Math.max(0, bytes.length - pattern.length + 1);
  for (let at = bytes.indexOf(34, first); at >= 0; at = bytes.indexOf(34, at + 1)) {
    const end = bytes.subarray(at);
    if (end.equals(pattern.subarray(0, end.length))) return end.length;
  }
  return 0;
}

interface Pattern {
  readonly from: Buffer;
  readonly to: Buffer;
}

function firstOf(bytes: Buffer, patterns: readonly Pattern[], start: number) {
  const found = patterns.map((one) => ({ ...one, at: bytes.indexOf(one.from, start) })).filter(({ at }) => at >= 0);
  return found.sort((a, b) => a.at - b.at)[0];
}
