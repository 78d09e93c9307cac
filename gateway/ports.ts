/** Ports that a hub listens on: what is wrong with one, in words that name its key in the configuration. */
import { codeOf } from "./store/errors";

/** @returns why nothing listens there and what to correct, as the end of an error's text */
export function listenFault(cause: Error, host: string, port: number, key: "broker" | "web"): string {
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return `another program has port ${port} of ${host}. Name a free one as ${key}.port in --config FILE, or end that program`;
    case "EACCES":
      return `this program may not use port ${port}. Name one from 1024 on as ${key}.port in --config FILE`;
    default:
      return `${cause.message}. Correct ${key}.host in --config FILE`;
  }
}

/**
 * Listens where it was told to, or else on the default port, and where another program has that one, on a free one.
 * @returns the default port if another program has it; @throws what `listen` throws
 */
export async function listenOrElse(
  listen: (port: number) => Promise<unknown>,
  told: number | undefined,
  byDefault: number,
): Promise<number | undefined> {
  try {
    await listen(told ?? byDefault);
    return undefined;
  } catch (error) {
    if (told !== undefined || codeOf(error) !== "EADDRINUSE") throw error;
  }
  await listen(0);
  return byDefault;
}
