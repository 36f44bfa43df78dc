// The benchmarks' reader of HTTP messages: any cut of the bytes gives the same messages.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HttpMessages } from "../../bench/lib/http-messages.ts";

interface Message {
  head: string;
  body: string;
  ended: boolean;
}

function read(pieces: readonly Buffer[]): Message[] {
  const messages: Message[] = [];
  const reader = new HttpMessages({
    onHead: (head) => void messages.push({ head, body: "", ended: false }),
    onBody(bytes) {
      const last = messages.at(-1);
      if (last) last.body += bytes.toString("latin1");
    },
    onEnd() {
      const last = messages.at(-1);
      if (last) last.ended = true;
    },
  });
  for (const piece of pieces) reader.push(piece);
  return messages;
}

const body = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "0", "}"), maxLength: 40 });
const plain = body.map((text) => ({
  head: `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}`,
  wire: text,
  body: text,
}));
const chunked = fc.array(body.filter((text) => text !== "")).map((parts) => ({
  head: "POST / HTTP/1.1\r\ntransfer-encoding: chunked",
  wire: `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`,
  body: parts.join(""),
}));

test("messages come out whole, however their bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(plain, chunked), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(60)),
      (sent, cuts) => {
        const bytes = Buffer.from(sent.map(({ head, wire }) => `${head}\r\n\r\n${wire}`).join(""), "latin1");
        const pieces: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        pieces.push(bytes.subarray(at));
        assert.deepEqual(
          read(pieces),
          sent.map((one) => ({ head: one.head, body: one.body, ended: true })),
        );
      },
    ),
  );
});

test("bytes that are no chunk size are an error", () => {
  assert.throws(
    () => read([Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n")]),
    /no chunk size/,
  );
});
