/** Every construct that the gate and the interpreter are asked about. */
import { BUILTINS } from "./builtins";
import type { Construct } from "./construct";
import { SYNTAX } from "./syntax";
import { VALUES } from "./values";

export const CONSTRUCTS: Construct[] = [...SYNTAX, ...BUILTINS, ...VALUES];
