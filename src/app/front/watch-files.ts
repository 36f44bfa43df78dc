// Tells when one of some files has changed: by asking, which also sees links that are put elsewhere and mounted secrets.
import { statSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { Clock, Timer } from "../../core/index.ts";

const EVERY_MS = 1000;

/** Files that change together are told of once, or twice when the clock falls between them. */
export function watchFiles(files: readonly string[], clock: Clock, onChange: () => void): { close(): void } {
  let timer: Timer | undefined;
  // Now: what changes while the first look is on its way is seen by it.
  let known = files.map(signatureNow).join(" ");
  let closed = false;

  async function look(): Promise<void> {
    const seen = (await Promise.all(files.map(signature))).join(" ");
    if (closed) return;
    if (seen !== known) onChange();
    known = seen;
    timer = clock.after(EVERY_MS, () => void look());
  }
  if (files.length > 0) void look();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

async function signature(file: string): Promise<string> {
  return stat(file).then(shown, missing);
}

function signatureNow(file: string): string {
  try {
    return shown(statSync(file));
  } catch (thrown) {
    return missing(thrown);
  }
}

function shown({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}

function missing(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException).code ?? "unknown";
}
