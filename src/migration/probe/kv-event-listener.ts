// Subscribes to a worker's KV events and counts the batches that come while something is asked of it.
import type { KvEventListener } from "./context.ts";

const CONNECTED_WITHIN_MS = 3000;
const ARRIVES_WITHIN_MS = 3000;

/** `endpoint`: a ZMQ address as the worker's --kv-events-config names it, with a host to connect to. */
export function kvEventListener(endpoint: string, topic = ""): KvEventListener {
  return async (produce) => {
    const { Subscriber } = await import("zeromq");
    const socket = new Subscriber({ linger: 0 });
    try {
      // Subscribed before the request: what is published earlier is lost.
      const connected = new Promise<void>((resolve) => {
        socket.events.on("handshake", () => resolve());
        setTimeout(resolve, CONNECTED_WITHIN_MS).unref();
      });
      socket.connect(endpoint);
      socket.subscribe(topic);
      await connected;
      const first = socket.receive().then(() => 1);
      first.catch(() => undefined);
      await produce();
      const late = new Promise<number>((resolve) => void setTimeout(resolve, ARRIVES_WITHIN_MS, 0).unref());
      return await Promise.race([first, late]);
    } catch {
      return 0;
    } finally {
      socket.close();
    }
  };
}
