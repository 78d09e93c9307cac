/** What a handheld is called. */

/** As many digits as commands show: nobody has two that begin alike. */
const SHORT = 8;

/** Its name, or the first digits of what it has instead. */
export function deviceName({ id, name }: { id: string; name?: string }): string {
  return name ?? id.slice(0, SHORT);
}
