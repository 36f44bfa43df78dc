// HTTP over a bare socket, to see the bytes of an answer.
import { connect, type Socket } from "node:net";

/** Everything the server sends until it closes or `enough` says so. */
export function exchangeBytes(port: number, request: string, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket: Socket = connect(port, "127.0.0.1", () => socket.write(request));
    const finish = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (enough(text)) finish();
    });
    socket.on("error", reject);
    socket.on("close", finish);
  });
}

export function postText(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    host: "engine",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...lines, "", body].join("\r\n");
}
