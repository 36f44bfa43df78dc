// Two ends for the probe: simulated engines, and a front that spoils one of them.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type EngineOptions, type EngineServer, startEngineServer } from "../../../src/engine/index.ts";
import { type ProbeCheck, type ProbeOptions, type ProbeResult, runProbe } from "../../../src/migration/index.ts";

export function engine(options: Partial<EngineOptions> = {}): Promise<EngineServer> {
  return startEngineServer({ port: 0, speed: 50, servedModelNames: ["m"], model: "m", ...options });
}

/** Probes and closes both. */
export async function probed(
  candidate: Partial<EngineOptions>,
  options: Partial<ProbeOptions> = {},
): Promise<ProbeResult> {
  const [one, two] = [await engine(), await engine(candidate)];
  try {
    return await runProbe({ legacy: { url: one.url }, candidate: { url: two.url }, ...options });
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

export function check({ checks }: ProbeResult, id: string): ProbeCheck {
  const found = checks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers by itself when `spoil` says so; otherwise passes on, and keeps the engine busy when the client leaves. */
export async function front(
  target: string,
  spoil: (request: IncomingMessage, body: string, response: ServerResponse) => boolean,
): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (part: string) => (body += part));
    incoming.on("end", () => {
      if (spoil(incoming, body, outgoing)) return;
      const { method = "GET", url = "/", headers } = incoming;
      const onward = request(target + url, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on("data", (part: Buffer) => void outgoing.write(part)).on("end", () => outgoing.end());
      });
      onward.on("error", () => outgoing.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
