// The GPU inventory: what nvidia-smi prints, with a program of that name on the path.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { listGpus, parseNvidiaSmi } from "../../../src/fleet/index.ts";

const MIB = 1_048_576;
const TWO = `0, GPU-aaaa-1, NVIDIA H100 80GB HBM3, 81559, 4
1, GPU-bbbb-2, NVIDIA A100-SXM4-80GB, [N/A], [N/A]
`;

/** An environment in which `nvidia-smi` is this shell script. */
function withProgram(script: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-smi-"));
  writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "nvidia-smi"), 0o755);
  return { PATH: [folder, process.env["PATH"]].join(delimiter) };
}

const prints = (text: string): string => `cat <<'END'\n${text}END`;

test("devices are read with name and memory; what is not available is unknown", () => {
  assert.deepEqual(parseNvidiaSmi(TWO), [
    { id: "0", uuid: "GPU-aaaa-1", name: "NVIDIA H100 80GB HBM3", memoryBytes: 81_559 * MIB, usedBytes: 4 * MIB },
    { id: "1", uuid: "GPU-bbbb-2", name: "NVIDIA A100-SXM4-80GB", memoryBytes: undefined, usedBytes: undefined },
  ]);
  assert.deepEqual(parseNvidiaSmi("No devices were found\n"), []);
});

test("the program is asked for the columns that are read", async () => {
  const env = withProgram(
    `case "$*" in *index,uuid,name,memory.total,memory.used*csv,noheader,nounits*) ${prints(TWO)}\n;; *) exit 9;; esac`,
  );
  assert.deepEqual(
    (await listGpus(env)).devices.map(({ id }) => id),
    ["0", "1"],
  );
});

test("CUDA_VISIBLE_DEVICES of this process leaves only its devices, in its order, up to one that is none", async () => {
  const visible = async (value: string): Promise<readonly string[]> => {
    const { devices } = await listGpus({ ...withProgram(prints(TWO)), CUDA_VISIBLE_DEVICES: value });
    return devices.map(({ id }) => id);
  };
  assert.deepEqual(await visible("1,0"), ["1", "0"]);
  assert.deepEqual(await visible("GPU-bbbb"), ["1"]);
  assert.deepEqual(await visible("0,-1,1"), ["0"]);
  assert.deepEqual(await visible(""), []);
});

test("no program is no inventory; a driver that fails is a fault in its own words", async () => {
  assert.deepEqual(await listGpus({ PATH: mkdtempSync(join(tmpdir(), "switchgear-none-")) }), {
    devices: [],
    fault: undefined,
  });
  const { devices, fault } = await listGpus(withProgram("echo 'NVIDIA-SMI has failed: no driver'; exit 9"));
  assert.deepEqual(devices, []);
  assert.match(String(fault), /NVIDIA-SMI has failed: no driver/);
});
