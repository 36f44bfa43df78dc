// A process that fills the ledger until the disk takes no more, and tells what it was told then.
import { toError } from "../../src/core/index.ts";
import { openStore } from "../../src/state/index.ts";
import { usageRow } from "./usage.ts";

const store = await openStore(process.argv[2] ?? "", undefined);
for (let id = 0; id < 1_000_000; id += 500) {
  const rows = Array.from({ length: 500 }, (_, i) => usageRow(String(id + i)));
  const failed = await store.append(rows).then(
    () => undefined,
    (error: unknown) => toError(error).message,
  );
  if (failed === undefined) continue;
  process.stdout.write(failed);
  break;
}
