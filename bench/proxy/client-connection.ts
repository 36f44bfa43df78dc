// One kept connection of the load client: posts a chat body, reads the answer, counts the events of a stream.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { HttpMessages } from "../lib/http-messages.ts";

export interface Answered {
  /** Undefined = status 200 and, for a stream, ended by `[DONE]`. */
  readonly failure: string | undefined;
  readonly events: number;
}

const LF = 10;
const DONE = Buffer.from("data: [DONE]\n\n");

export class ClientConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #answered: ((answer: Answered) => void) | undefined;
  #status = "";
  #stream = false;
  #events = 0;
  /** The body so far ends with a line feed. */
  #lineEnded = false;
  #tail: Buffer = Buffer.alloc(0);

  constructor(port: number) {
    this.#port = port;
  }

  async open(): Promise<void> {
    this.#socket?.destroy();
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    const messages = new HttpMessages({
      onHead: (head) => this.#onHead(head),
      onBody: (bytes) => this.#onBody(bytes),
      onEnd: () => this.#onEnd(),
    });
    socket.on("data", (bytes: Buffer) => messages.push(bytes));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#settle("connection closed"));
    await once(socket, "connect");
  }

  post(body: Buffer): Promise<Answered> {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${this.#port}\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench\r\ncontent-length: ${body.length}\r\n\r\n`;
    this.#events = 0;
    this.#lineEnded = false;
    this.#tail = DONE.subarray(0, 0);
    return new Promise((resolve) => {
      this.#answered = resolve;
      if (this.#socket?.destroyed !== false) return this.#settle("connection closed");
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #onHead(head: string): void {
    this.#status = head.slice(9, 12);
    this.#stream = /\r\ncontent-type: *text\/event-stream/i.test(head);
  }

  /** Events end with a blank line; the answer's last bytes are kept to see `[DONE]`. */
  #onBody(bytes: Buffer): void {
    if (!this.#stream) return;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      if (at === 0 ? this.#lineEnded : bytes[at - 1] === LF) this.#events += 1;
    }
    this.#lineEnded = bytes.at(-1) === LF;
    this.#tail = bytes.length >= DONE.length ? bytes : Buffer.concat([this.#tail, bytes]).subarray(-DONE.length);
  }

  #onEnd(): void {
    if (this.#status !== "200") return this.#settle(`status ${this.#status}`);
    if (this.#stream && !this.#tail.subarray(-DONE.length).equals(DONE)) return this.#settle("stream without [DONE]");
    this.#settle(undefined);
  }

  #settle(failure: string | undefined): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.({ failure, events: this.#stream ? this.#events - 1 : 0 });
  }
}
