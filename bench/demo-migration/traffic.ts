// Clients of the demonstration: short requests without a pause, each of which must be answered.
import { type RunningCommand, startCommand } from "../lib/cli-command.ts";
import { MODEL } from "./legacy.ts";
import { must, said, typed } from "./story.ts";

export interface Traffic {
  /** Stops sending, and fails if one client saw an error. */
  end(): Promise<void>;
  /** After a failure: what they saw so far, without a judgement. Nothing after `end`. */
  stop(): Promise<void>;
}

export interface TrafficTokens {
  readonly input: number;
  readonly output: number;
}

export interface TrafficOptions {
  /** Requests a second. */
  readonly rate: number;
  readonly tokens: TrafficTokens;
}

export function traffic(url: string, { rate, tokens }: TrafficOptions): Traffic {
  const load = ["bench", "--url", url, "--model", MODEL, "--rate", String(rate), "--requests", "200000"];
  const args = [...load, "--input-tokens", String(tokens.input), "--output-tokens", String(tokens.output)];
  typed(args);
  const running: RunningCommand = startCommand(args);
  let over = false;
  return {
    async stop() {
      if (!over) said((await running.stop("SIGINT")).out);
    },
    async end() {
      over = true;
      const { out, err } = await running.stop("SIGINT");
      said(out.split("\n")[0] ?? err);
      must(/, 0 failed\)/.test(out), `a client saw an error: ${out}${err}`);
    },
  };
}
