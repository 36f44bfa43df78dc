// A disk without room under a running plan, on a real file system of its own; needs root for the mount.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { migrating } from "./migrating.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-full-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]).status === 0;
after(() => {
  if (mounted) spawnSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
});

/** Until the kernel says ENOSPC. */
function fill(): string {
  const file = join(folder, "filler");
  const open = openSync(file, "w");
  try {
    for (let size = 65_536; size >= 1;) {
      try {
        writeSync(open, Buffer.alloc(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(open);
  }
  return file;
}

test(
  "with the disk full nothing moves forward and users are served; the way back works, and with room it is on record",
  { skip: !mounted && "no right to mount a small file system" },
  async () => {
    const steps = [{ weight: 0.5 }, { weight: 1 }];
    const spec = { schedule: { checkIntervalSeconds: 0.05, minRequests: 0, noDataGraceSeconds: 3600, steps } };
    const gateway = await migrating({ spec, folder });
    await gateway.command("start");
    await gateway.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
    const filler = fill();
    // What is left of the log's last page still takes a little.
    for (let i = 0; (await gateway.status()).faults.length === 0; i++) await gateway.ask(`filling-${i}`);
    // A shorter record than what failed may still fit: until none does.
    for (let i = 0; (await gateway.command(i % 2 === 0 ? "pause" : "resume")).status === 200;) i++;
    const refused = await gateway.command("set", { weight: 1, force: true });
    assert.equal(refused.status, 409);
    assert.match(JSON.stringify(refused.body), /log cannot be written: .*ENOSPC/);
    const full = await gateway.status();
    assert.equal(full.plan.weight, 0.5, "what could not be logged did not happen");
    assert.ok(full.faults.some((one) => /ENOSPC/.test(one)));
    for (let i = 0; i < 20; i++) assert.equal((await gateway.ask(`u${i}`)).status, 200);
    await gateway.command("rollback", { reason: "no disk" });
    const back = await gateway.until(({ plan }) => plan.weight === 0);
    assert.equal(back.plan.phase, "rolled-back");
    for (let i = 0; i < 20; i++) assert.ok((await gateway.ask(`u${i}`)).body.includes("legacy"));
    rmSync(filler);
    await gateway.until(({ faults }) => faults.every((one) => !/migration log/.test(one)));
    await gateway.stop();
    const again = await migrating({ spec, folder });
    assert.equal((await again.status()).plan.phase, "rolled-back");
  },
);
