// Should I migrate? The seed's score beside our own answer, from measured evidence.
export { assess, type AssessInput, type Assessment } from "./assess.ts";
export type { Condition } from "./conditions.ts";
export type { Answer, Decision } from "./decide.ts";
export type { Evidence, Slo } from "./evidence.ts";
export type { Observation } from "./observation.ts";
export { observe } from "./observe.ts";
export { observePrometheus, type PrometheusOptions } from "./prometheus.ts";
export { type LiveOptions, sampleLive } from "./sample-live.ts";
export { type FieldsFile, parseFieldsFile } from "./seed-fields.ts";
export { readRecording, type Recording } from "./recording.ts";
export { simulatedWhatIf, type WhatIfSettings } from "./simulated-what-if.ts";
export { type SeedFields, type SeedScore, seedScore } from "./seed-score.ts";
export { isVllmPage, readSnapshot, type Snapshot } from "./snapshot.ts";
export { rangeText, spanText } from "./signals.ts";
export type { WhatIf, WhatIfRow, WhatIfRunner, WhatIfSetUp } from "./what-if.ts";
