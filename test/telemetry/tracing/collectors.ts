// Collectors for tests: they listen on real sockets, speak OTLP, and keep what they got.
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions as SecureOptions } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { closeAfterTest } from "../../core/closing.ts";
import { eventually } from "../../gateway/harness.ts";
import { spansOfJson } from "./otlp-json.ts";
import { spansOfProtobuf } from "./otlp-protobuf.ts";
import type { ReceivedSpan } from "./received-span.ts";

export interface CollectorServer {
  readonly protocol: "grpc" | "http";
  readonly endpoint: string;
  readonly spans: ReceivedSpan[];
  /** Request bodies as they came. */
  readonly bodies: Buffer[];
  readonly headers: Readonly<Record<string, unknown>>[];
  /** Resolves when a whole request's spans are there, told by its root, of which there are `count`. */
  roots(count: number): Promise<ReceivedSpan[]>;
}

/** Called for each export in place of the answer. */
type Answer = (response: ServerResponse) => void;

const accepted: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
};

/** With `secure` it speaks https. */
export async function httpCollector(answer: Answer = accepted, secure?: SecureOptions): Promise<CollectorServer> {
  const kept = keeper();
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces") kept.keep(Buffer.concat(chunks), request.headers, spansOfJson);
      answer(response);
    });
  };
  const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(async () => {
    server.close();
    server.closeAllConnections();
  });
  const scheme = secure === undefined ? "http" : "https";
  return { ...kept, protocol: "http", endpoint: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Unary = grpc.handleUnaryCall<Buffer, Buffer>;

/** With `reply` false it takes exports and never answers. */
export async function grpcCollector({ reply = true } = {}): Promise<CollectorServer> {
  const kept = keeper();
  const same = (bytes: Buffer) => bytes;
  const definition = {
    export: {
      path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  } as const;
  const server = new grpc.Server();
  const handle: Unary = (call, done) => {
    kept.keep(call.request, call.metadata.getMap() as IncomingHttpHeaders, spansOfProtobuf);
    if (reply) done(null, Buffer.alloc(0));
  };
  server.addService(definition, { export: handle });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  closeAfterTest(async () => server.forceShutdown());
  return { ...kept, protocol: "grpc", endpoint: `http://127.0.0.1:${port}` };
}

/** An address that nobody listens on. */
export async function noCollector(): Promise<Pick<CollectorServer, "protocol" | "endpoint">> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { protocol: "grpc", endpoint: `http://127.0.0.1:${port}` };
}

function keeper() {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const headers: Readonly<Record<string, unknown>>[] = [];
  return {
    spans,
    bodies,
    headers,
    keep(body: Buffer, head: IncomingHttpHeaders, decode: (bytes: Buffer) => ReceivedSpan[]) {
      bodies.push(body);
      headers.push(head);
      spans.push(...decode(body));
    },
    async roots(count: number) {
      await eventually(
        () => spans.filter((one) => one.kind === 2).length >= count,
        `${count} requests at the collector`,
      );
      return spans;
    },
  };
}
