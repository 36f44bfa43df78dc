// Bounded, fair waiting in front of saturated workers.
export type { Entry } from "./entry.ts";
export { fairQueue, type FairQueue, type FairQueueOptions } from "./fair-queue.ts";
export { type Gate, gate, type GateCalls, type GateOptions, type TurnedAway } from "./gate.ts";
export { isPriorityClass, PRIORITY_CLASSES, type PriorityClass } from "./priority-class.ts";
export { bestTtftMs, gpuMs, hasRoom, type RoomQuestion } from "./worker-room.ts";
