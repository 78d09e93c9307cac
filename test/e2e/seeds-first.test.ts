import { keepsPromises } from "./seeds";

keepsPromises(0);
