// `switchgear serve FILE…`: runs the gateway that the deployment files describe.
import type { Command } from "commander";
import { portOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear serve my.yaml                  one model
  switchgear serve deployments/             several models behind one endpoint
  switchgear serve my.yaml --port 0         any free port; what is open is printed
  switchgear serve my.yaml --supervised     kill -USR2 restarts it without a failed request

Stops on Ctrl-C or SIGTERM: no new requests, the running ones finish, then the workers started here end.
Reloads the files when they change and on SIGHUP, all of them or nothing; a terminal that goes away stops it.
Listens on the sockets that systemd hands over (LISTEN_FDS), if any.
Exit codes: 0 stopped as asked, 2 bad input or a port in use.`;

/** Option values as commander gives them. */
export interface ServeFlags {
  readonly port?: number;
  readonly adminPort?: number;
  readonly metricsPort?: number;
  readonly stateDirectory?: string;
  readonly record?: string;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly supervised?: boolean;
  readonly cluster?: boolean;
}

export function registerServe(program: Command): void {
  const command = program
    .command("serve")
    .description("run the gateway; starts workers if the file says so")
    .argument("<file...>", "deployment files or folders");
  listenOptions(command)
    .option("--supervised", "a parent process keeps the sockets: SIGUSR2 starts a new gateway, then the old one drains")
    .option(
      "--cluster",
      "share loads, drains, migration plans and one leader with other gateways, as spec.gateway.cluster.enabled",
    )
    .addHelpText("after", EXAMPLE)
    .action(async (files: readonly string[], flags: ServeFlags) => {
      if (flags.supervised) {
        const { supervise } = await import("./supervise.ts");
        return supervise(files, flags);
      }
      const { runServe } = await import("./run-serve.ts");
      await runServe(files, flags);
    });
}

/** Of each command that runs the gateway. */
export function listenOptions(command: Command): Command {
  return command
    .option("--port <port>", "data port instead of spec.gateway.listener.port", portOption)
    .option("--admin-port <port>", "admin port instead of spec.gateway.admin.port", portOption)
    .option("--metrics-port <port>", "Prometheus port instead of spec.monitoring.prometheus.port", portOption)
    .option("--state-directory <folder>", "instead of spec.gateway.stateDirectory")
    .option(
      "--record <file>",
      "append a line a request: time, lengths, which blocks are equal; no text (for assess and simulate)",
    )
    .option("--quiet", "no log lines below warnings", false)
    .option("--json", "print what is open as one JSON line", false);
}
