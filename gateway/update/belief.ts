/** Whose releases are taken. */
import { sameBytes } from "../../protocol/bytes";
import { decodeCertificate } from "../../protocol/certificate";
import type { Updates } from "../store/updates";

/** @returns whether a maker's certificates are believed here */
export function pinnedMakers({ db }: Updates): (maker: Uint8Array) => boolean {
  const certificates = db.prepare("SELECT certificate FROM devices").pluck();
  return (maker) =>
    (certificates.all() as Buffer[]).some((bytes) => sameBytes(decodeCertificate(bytes).maker, maker));
}
