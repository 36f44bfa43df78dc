// Step-time model, GPU and model constants, coefficient files, memory arithmetic.
export type { StepCost, StepLoad } from "./step-cost.ts";
