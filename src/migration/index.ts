// Migration: convert, compare, judge, shift, roll back.
export {
  type Conversion,
  convert,
  type ConvertInput,
  type ConvertReport,
  type ConvertSettings,
} from "./convert/convert.ts";
export {
  CONVERT_CODES,
  type ConvertCode,
  type Disposition,
  DISPOSITIONS,
  type OptionReport,
} from "./convert/disposition.ts";
export { describeFlag, explainFlag, type FlagExplanation, tableVersion } from "./convert/explain.ts";
export { type Form, FORMS } from "./convert/reading.ts";
