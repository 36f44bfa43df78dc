// Cuts HTTP/1.1 messages out of one connection's bytes: cheap enough to stand on both sides of a proxy under test.

export interface MessageListener {
  /** Start line and header lines, in Latin-1, without the blank line. */
  onHead(head: string): void;
  /** A piece of the body without its chunk framing. */
  onBody(bytes: Buffer): void;
  onEnd(): void;
}

const CR = 13;
const LF = 10;
const EMPTY = Buffer.alloc(0);

type State = "head" | "length" | "chunk-size" | "chunk-data" | "trailer";

/** A class: one object per connection, `push` runs for each read. Bodies without a length are not read (no peer sends them). */
export class HttpMessages {
  readonly #listener: MessageListener;
  #state: State = "head";
  #held: Buffer = EMPTY;
  #left = 0;

  constructor(listener: MessageListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = EMPTY;
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (next < 0) {
        this.#held = bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** The offset after what was taken, or −1 when more bytes are needed. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#head(bytes, at);
      case "chunk-size":
        return this.#chunkSize(bytes, at);
      case "trailer":
        return this.#trailer(bytes, at);
      case "length":
      case "chunk-data":
        return this.#body(bytes, at);
    }
  }

  #head(bytes: Buffer, at: number): number {
    const end = bytes.indexOf("\r\n\r\n", at, "latin1");
    if (end < 0) return -1;
    const head = bytes.toString("latin1", at, end);
    this.#listener.onHead(head);
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = "chunk-size";
    else {
      this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (this.#left === 0) this.#listener.onEnd();
      else this.#state = "length";
    }
    return end + 4;
  }

  #chunkSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    if (end < 0) return -1;
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk size: ${bytes.toString("latin1", at, end)}`);
    // The line end after the data counts as part of it.
    this.#left = size + 2;
    this.#state = size === 0 ? "trailer" : "chunk-data";
    return end + 1;
  }

  /** No peer here sends trailers: the blank line ends the message. */
  #trailer(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw new Error("trailers are not read");
    this.#state = "head";
    this.#listener.onEnd();
    return at + 2;
  }

  #body(bytes: Buffer, at: number): number {
    const framing = this.#state === "chunk-data" ? 2 : 0;
    const taken = Math.min(this.#left, bytes.length - at);
    const data = Math.min(taken, this.#left - framing);
    if (data > 0) this.#listener.onBody(bytes.subarray(at, at + data));
    this.#left -= taken;
    if (this.#left === 0) this.#ended(framing > 0);
    return at + taken;
  }

  #ended(chunked: boolean): void {
    this.#state = chunked ? "chunk-size" : "head";
    if (!chunked) this.#listener.onEnd();
  }
}
