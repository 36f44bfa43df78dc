// What was opened is closed again, last first.

export interface ShutdownStack {
  push(close: () => unknown): void;
  /** Last opened, first closed; one that fails does not keep the others open. */
  unwind(): Promise<void>;
}

export function shutdownStack(): ShutdownStack {
  const closers: (() => unknown)[] = [];
  return {
    push: (close) => void closers.push(close),
    async unwind() {
      for (let close = closers.pop(); close; close = closers.pop())
        await Promise.resolve(close()).catch(() => undefined);
    },
  };
}
