// A simulated engine with LoRA adapters, directly and through the gateway: the cases that a real one passes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runLora } from "./run-lora.ts";
import { simulatedEngine } from "./start-targets.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-lora-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("simulated engine with adapters", (context) =>
  runLora(context, { real: false, folder, start: simulatedEngine }, { directly: [], viaGateway: [] }));
