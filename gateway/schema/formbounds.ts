/** Of forms; apart, for commands load the rest late. */
export const DEFAULT_DAYS = 30;
export const MAX_DAYS = 90;
export const MAX_LABEL = 100;
