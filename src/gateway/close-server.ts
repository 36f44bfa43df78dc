// How the data port ends: at once for new clients, in their own time for running requests.
import type { Server } from "node:http";
import { leaveSocket } from "../core/index.ts";
import type { Context } from "./context.ts";

const DRAIN_MS = 30_000;
/** As long as an idle connection is kept: by then each has made its last request or has ended. */
const LINGER_MS = 76_000;

/** Not ready during the grace, then no new connections; running requests have the drain limit to end. */
export async function closeServer(server: Server, context: Context): Promise<void> {
  const { drainGraceMs = 0 } = context.options;
  context.closing = true;
  if (drainGraceMs > 0) await passed(context, drainGraceMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  if (context.running > 0) await drained(context);
  await endConnections(server, context, closed);
}

/**
 * The socket lives on in another process, so that there is time: running requests have their own limits.
 */
export async function handOverServer(server: Server, context: Context): Promise<void> {
  context.closing = true;
  const closed = leaveSocket(server);
  await Promise.race([closed, passed(context, LINGER_MS)]);
  server.closeIdleConnections();
  if (context.running > 0) await idle(context);
  await endConnections(server, context, closed);
}

async function endConnections(server: Server, { pools, bodies }: Context, closed: Promise<void>): Promise<void> {
  server.closeAllConnections();
  await Promise.all([pools.close(), bodies.close()]);
  await closed;
}

function passed({ options }: Context, ms: number): Promise<void> {
  return new Promise((resolve) => void options.clock.after(ms, resolve));
}

function idle(context: Context): Promise<void> {
  return new Promise((resolve) => {
    // The last answer's bytes are still on their way to its socket.
    context.onIdle = () => void setImmediate(resolve);
  });
}

async function drained(context: Context): Promise<void> {
  const { clock, drainTimeoutMs } = context.options;
  return new Promise((resolve) => {
    const limit = clock.after(drainTimeoutMs ?? DRAIN_MS, () => resolve());
    void idle(context).then(() => {
      limit.cancel();
      resolve();
    });
  });
}
