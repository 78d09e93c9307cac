/** How a recipient is reached: what is said of it, and what is refused before anything is kept. */

import type { Way } from "../schema/delivery";
import { StoreError } from "../store/errors";
import { hostIn, isInTheHouse, isThisMachine } from "./near";

/** In one line, without secrets: what is asked of a URL may be one. */
export function addressOf(way: Way): string {
  switch (way.kind) {
    case "mail":
      return `${way.to} by ${way.host}:${way.port}`;
    case "dicom":
      return `${way.aeTitle} at ${way.host}:${way.port}`;
    case "fhir": {
      const { origin, pathname } = new URL(way.url);
      return `${origin}${pathname}`;
    }
    case "folder":
      return way.dir;
  }
}

/** Whether whoever is on the way to the next machine can read it. A mail's next server can, whatever this says. */
export function isReadable(way: Way): boolean {
  switch (way.kind) {
    case "mail":
      return way.security === "plain";
    case "dicom":
      return way.tls === undefined;
    case "fhir":
      return [way.url, way.token?.url].some((url) => url?.startsWith("http:"));
    case "folder":
      return false;
  }
}

function hostsOf(way: Way): string[] {
  switch (way.kind) {
    case "mail":
    case "dicom":
      return [way.host];
    case "fhir":
      return [way.url, ...(way.token ? [way.token.url] : [])].map(hostIn);
    case "folder":
      return [];
  }
}

/**
 * DICOM without TLS is the owner's choice, for most archives speak nothing else within a house; mail and FHIR without it
 * carry a password, too.
 * @throws OUTBOX_PLAIN, OUTBOX_DEMO
 */
export function requireAllowed(way: Way, isDemo: boolean): void {
  const hosts = hostsOf(way);
  if (isDemo && !hosts.every(isThisMachine))
    throw new StoreError(
      "OUTBOX_DEMO",
      "a demo sends nothing to another machine: use a server on 127.0.0.1, or a folder",
    );
  // A FHIR server without TLS is one for trying things out.
  const isNear = way.kind === "fhir" ? isThisMachine : isInTheHouse;
  if (way.kind !== "dicom" && isReadable(way) && !hosts.every(isNear))
    throw new StoreError(
      "OUTBOX_PLAIN",
      `without TLS everybody on the way reads the recording: use TLS, or a server ${way.kind === "fhir" ? "on this machine" : "in this house by its address"}`,
    );
}
