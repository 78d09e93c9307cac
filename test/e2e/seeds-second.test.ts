import { keepsPromises } from "./seeds";

keepsPromises(1);
