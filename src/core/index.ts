// Time, randomness, errors and small containers; imports nothing of ours.
export { renewedThread } from "./renewed-thread.ts";
export { type AskedThread, askedThread, type Numbered } from "./asked-thread.ts";
export { type Clock, realClock, type Timer } from "./clock.ts";
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from "./error-codes.ts";
export { type ErrorDetails, SwitchgearError, toError } from "./errors.ts";
export { percentile, percentileOf } from "./percentile.ts";
export { pythonFixed, pythonFloat, pythonPercent } from "./python-format.ts";
export { type Random, seededRandom } from "./random.ts";
export { type VirtualClock, virtualClock } from "./virtual-clock.ts";
export { leaveSocket } from "./leave-socket.ts";
export { yieldThread } from "./yield-thread.ts";
export { urlParts } from "./url-credentials.ts";
