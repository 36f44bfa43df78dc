// A process that writes a row to the ledger each millisecond and tells its number and time, until it is killed or stopped.
import { realClock } from "../../src/core/index.ts";
import { ledger, openStore } from "../../src/state/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { usageRow } from "./usage.ts";

const store = await openStore(process.argv[2] ?? "", undefined);
const book = ledger({ store, clock: realClock, log: silentLog });
let id = 0;
const timer = setInterval(() => {
  book.add(usageRow(String(id)));
  process.stdout.write(`${id} ${Math.round(performance.now())}\n`);
  id += 1;
}, 1);
process.once("SIGTERM", () => {
  clearInterval(timer);
  void book.close().then(() => store.close());
});
