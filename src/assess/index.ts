// Should I migrate? The seed's score beside our own answer.
export { parseFieldsFile } from "./seed-fields.ts";
export { type SeedFields, seedScore } from "./seed-score.ts";
