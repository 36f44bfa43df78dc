// A fast engine on a free port for one test file.
import { after, before } from "node:test";
import { type EngineOptions, type EngineServer, startEngineServer } from "../../../src/engine/index.ts";

export interface EngineUnderTest {
  readonly server: EngineServer;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

const TEST_OPTIONS: Partial<EngineOptions> = {
  model: "tiny",
  servedModelNames: ["tiny"],
  profile: "llama-3.1-8b-h100-tp1-bf16",
  maxModelLen: 2048,
  port: 0,
  speed: 500,
  requestIdHeaders: true,
};

/** Started before the file's tests and closed after them. */
export function engineUnderTest(options: Partial<EngineOptions> = {}): EngineUnderTest {
  let server: EngineServer | undefined;
  before(async () => {
    server = await startEngineServer({ ...TEST_OPTIONS, ...options });
  });
  after(() => server?.close());
  const running = (): EngineServer => {
    if (server === undefined) throw new Error("the engine has not started");
    return server;
  };
  return {
    get server() {
      return running();
    },
    post: (path, body, headers = {}) =>
      fetch(`${running().url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(`${running().url}${path}`, { headers }),
  };
}

export function wait(check: () => boolean, limitMs = 2000): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const look = (): void => {
      if (check()) resolve();
      else if (performance.now() - started > limitMs) reject(new Error("it did not happen in time"));
      else setTimeout(look, 2);
    };
    look();
  });
}
