// Shapes of host and port, shared by what listens.
import * as z from "zod";

export const host = z.string().regex(/^[\w.:-]{1,253}$/);
export const hostRule = "a host name or an IP address without brackets";
export const port = z.int().min(0).max(65_535);
