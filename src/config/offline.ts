// What routing and simulations need of deployment files, without their parsers: which algorithms there are, and their settings.
export { ALGORITHM_SETTINGS } from "./algorithms.ts";
