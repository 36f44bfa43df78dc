// A folder that is gone after the test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeAfterTest } from "./closing.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-test-"));
  closeAfterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
