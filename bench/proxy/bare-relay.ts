// The least a Node relay can do: node:http in front, undici's Pool.dispatch behind, requests in turn. Arguments: worker origins.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Dispatcher, Pool } from "undici";

const pools = process.argv.slice(2).map(
  (origin) =>
    new Pool(origin, {
      connections: null,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 60_000,
    }),
);
let turn = 0;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => relay(request, response, parts.length === 1 ? (parts[0] ?? null) : Buffer.concat(parts)));
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
  const address = server.address();
  process.send?.({ port: address === null || typeof address === "string" ? 0 : address.port });
});
process.once("disconnect", () => process.exit(0));

function relay(request: IncomingMessage, response: ServerResponse, body: Buffer | null): void {
  let upstream: Dispatcher.DispatchController | undefined;
  response.on("close", () => {
    if (!response.writableFinished) upstream?.abort(new Error("client left"));
  });
  const headers = { "content-type": "application/json", authorization: request.headers.authorization ?? "" };
  pools[turn++ % pools.length]?.dispatch(
    { path: request.url ?? "/", method: request.method === "GET" ? "GET" : "POST", headers, body },
    {
      onRequestStart: (controller) => void (upstream = controller),
      onResponseStart(_controller, status, received) {
        delete received["connection"];
        delete received["keep-alive"];
        delete received["transfer-encoding"];
        response.writeHead(status, received);
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return;
        controller.pause();
        response.once("drain", () => controller.resume());
      },
      onResponseEnd: () => void response.end(),
      onResponseError(_controller, error) {
        if (response.headersSent || response.destroyed) return void response.destroy();
        response.writeHead(502).end(String(error));
      },
    },
  );
}
