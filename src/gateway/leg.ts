// One upstream request: undici's callbacks in, four events out, and an abort that works in every phase.
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

export interface LegEvents {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** `started` is false when no connection was made. Not called after `abort`. */
  onFailed(error: Error, started: boolean): void;
}

const ABORTED = new Error("aborted by the gateway");

/** A class: one object per leg with methods that undici calls for each chunk. */
export class Leg implements Dispatcher.DispatchHandler {
  #events: LegEvents | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** Of the answer, once it has begun. */
  status: number | undefined;

  constructor(events: LegEvents) {
    this.#events = events;
  }

  /** Idempotent; no event comes after it. */
  abort(): void {
    if (this.#events === undefined) return;
    this.#events = undefined;
    this.#controller?.abort(ABORTED);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while connecting: nothing has been sent yet.
    if (this.#events === undefined) controller.abort(ABORTED);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.status = status;
    this.#events?.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#events?.onData(chunk);
  }

  onResponseEnd(): void {
    const events = this.#events;
    this.#events = undefined;
    events?.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const events = this.#events;
    this.#events = undefined;
    events?.onFailed(error, this.#controller !== undefined);
  }
}
