// A client on a bare socket: it sees every byte, FIN and RST.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawClient {
  readonly received: string;
  /** `fin`, an error code such as ECONNRESET, or undefined while open. */
  readonly ended: string | undefined;
  /** `headers`: whole lines. */
  send(method: string, path: string, body?: string, headers?: string): void;
  /** Waits until what was received has this text. */
  sees(text: string): Promise<void>;
  end(): Promise<string>;
  close(): void;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket: Socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  let ended: string | undefined;
  let checks: (() => void)[] = [];
  const changed = () => {
    const due = checks;
    checks = [];
    for (const check of due) check();
  };
  socket.on("data", (part) => {
    received += part.toString();
    changed();
  });
  socket.on("end", () => finish("fin"));
  socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "error"));
  function finish(how: string): void {
    ended ??= how;
    changed();
  }

  return {
    get received() {
      return received;
    },
    get ended() {
      return ended;
    },
    send(method, path, body = "", headers = "") {
      const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
      socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\n${headers}${length}\r\n${body}`);
    },
    sees: (text) => until(() => received.includes(text), JSON.stringify(text)),
    async end() {
      await until(() => ended !== undefined, "the end of the connection");
      return ended ?? "";
    },
    close: () => socket.destroy(),
  };

  function until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not within 2 s: ${what}; received ${received.slice(-2000)}`)),
        2000,
      );
      const check = () => {
        if (!holds()) return void checks.push(check);
        clearTimeout(timer);
        resolve();
      };
      check();
    });
  }
}

/** The error code of a refused connection, or `open`. */
export async function tryConnect(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return "open";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "error";
  } finally {
    socket.destroy();
  }
}

/** Polls for a state that only a new connection can show. */
export async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 2000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within 2 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
