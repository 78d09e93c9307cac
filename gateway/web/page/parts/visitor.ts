/** Who opened the page: an owner or a viewer with a session, a clinician with a link, or nobody yet. */
import { useLayoutEffect, useState } from "preact/hooks";
import { link as linkEndpoint, type SessionInfo, session } from "../../../schema/session";
import { setup } from "../../../schema/setup";
import { type Api, ApiError } from "../api/client";
import type { Role } from "./context";

export type Visitor =
  | { kind: "unknown" | "unreached" | "link-ended" }
  /** `wasIn`: a session of this page has ended. */
  | { kind: "nobody"; isDemo: boolean; wasIn?: boolean }
  /** No password was set yet. */
  | { kind: "first"; isOpen: boolean; isDemo: boolean }
  | { kind: "in"; role: Role; isDemo: boolean; link?: { recording: string; expiresAt: number } };

export function useVisitor(api: Api): [Visitor, (session: SessionInfo) => void] {
  const [visitor, setVisitor] = useState<Visitor>({ kind: "unknown" });
  const enter = ({ role, csrf, demo }: SessionInfo) => {
    api.csrf = csrf;
    setVisitor({ kind: "in", role, isDemo: demo });
  };
  // Nothing else can be asked before: not a frame later than it can be.
  useLayoutEffect(() => {
    // The address stays: whoever logs in again is where she was.
    api.ended = () =>
      setVisitor((before) => {
        if (before.kind !== "in") return before;
        return before.link ? { kind: "link-ended" } : { kind: "nobody", isDemo: before.isDemo, wasIn: true };
      });
    const token = /^#([\w-]{16,64})$/.exec(location.pathname === "/link" ? location.hash : "")?.[1];
    if (location.pathname === "/link") void byLink(api, token).then(setVisitor);
    else api.ask(session).then(enter, (error) => void without(api, error).then(setVisitor));
  }, [api]);
  return [visitor, enter];
}

/** The token stays in memory: it was behind the #, where no server saw it. */
async function byLink(api: Api, token: string | undefined): Promise<Visitor> {
  if (token === undefined) return { kind: "link-ended" };
  api.link = token;
  try {
    const { demo: isDemo, ...link } = await api.ask(linkEndpoint);
    return { kind: "in", role: "clinician", isDemo, link };
  } catch (error) {
    return { kind: error instanceof ApiError ? "link-ended" : "unreached" };
  }
}

async function without(api: Api, error: unknown): Promise<Visitor> {
  if (!(error instanceof ApiError)) return { kind: "unreached" };
  try {
    const { password, open, demo } = await api.ask(setup);
    return password ? { kind: "nobody", isDemo: demo } : { kind: "first", isOpen: open, isDemo: demo };
  } catch {
    return { kind: "nobody", isDemo: false };
  }
}
