// The thread of asked-thread.test.ts: says what it was asked, never answers `silence`, dies of `death`.
import { parentPort } from "node:worker_threads";
import type { Numbered } from "../../src/core/index.ts";

parentPort?.on("message", ({ number, content }: Numbered<string>) => {
  if (content === "death") process.exit(1);
  if (content !== "silence") parentPort?.postMessage({ number, content });
});
