// Loader hook: appends the URL of each module of a process to the file in SWITCHGEAR_LOADED. Used with --import.
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.SWITCHGEAR_LOADED, `${url}\n`);
    return next(url, context);
  },
});
