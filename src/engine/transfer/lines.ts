// Lines of JSON on a socket; what is no JSON, or too long, ends the connection.
import type { Socket } from "node:net";

const LONGEST = 65_536;

export function readLines(socket: Socket, onLine: (line: unknown) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) return void socket.destroy();
    for (const line of lines) {
      if (socket.destroyed) return;
      onLine(parsed(line));
    }
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
