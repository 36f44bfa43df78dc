// Bounded, fair waiting in front of saturated workers.
export type { Entry } from "./entry.ts";
export { fairQueue, type Yielding } from "./fair-queue.ts";
export { type Gate, gate, type TurnedAway } from "./gate.ts";
export { isPriorityClass, PRIORITY_CLASSES, type PriorityClass } from "./priority-class.ts";
export { type Recallable, recallable } from "./recallable.ts";
export { bestTtftMs, gpuMs, roomOf } from "./worker-room.ts";
