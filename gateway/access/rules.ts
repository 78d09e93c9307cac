/** Who may call what: the one table. A route that does not stand in it cannot be registered. */

/** A clinician comes by a link, and sees its recording alone. */
export type Caller = "owner" | "viewer" | "clinician";

/** "this machine": whoever is on it, and no proxy's visitor. */
export const RULES: Record<string, "anyone" | "this machine" | readonly Caller[]> = {
  "GET /": "anyone",
  "GET /link": "anyone",
  "GET /assets/:name": "anyone",
  "GET /healthz": "anyone",
  "GET /health": "this machine",
  "GET /metrics": "this machine",
  "GET /api/setup": "anyone",
  "POST /api/setup/password": "anyone",
  "GET /api/setup/steps": ["owner"],
  "PUT /api/setup/steps/:step": ["owner"],
  "POST /api/recovery-code": ["owner"],
  "POST /api/login": "anyone",
  "PUT /api/password": ["owner"],
  "POST /api/logout": ["owner", "viewer"],
  "GET /api/session": ["owner", "viewer"],
  "GET /api/status": ["owner", "viewer"],
  "GET /api/egress": ["owner"],
  "GET /api/backups": ["owner", "viewer"],
  "POST /api/backups": ["owner"],
  "GET /api/settings": ["owner"],
  "PUT /api/settings": ["owner"],
  "GET /api/openapi.json": ["owner", "viewer"],
  "GET /api/devices": ["owner", "viewer"],
  "PUT /api/devices/:id/name": ["owner"],
  "POST /api/devices/:id/start": ["owner"],
  "POST /api/devices/:id/mark": ["owner"],
  "POST /api/devices/:id/stop": ["owner"],
  "PUT /api/devices/:id/person": ["owner"],
  "POST /api/claims": ["owner"],
  "POST /api/claims/photo": ["owner"],
  "GET /api/claims/:id": ["owner"],
  "DELETE /api/claims/:id": ["owner"],
  "GET /api/nearby": ["owner"],
  "GET /api/people": ["owner", "viewer"],
  "POST /api/people": ["owner"],
  "PUT /api/people/:id": ["owner"],
  "GET /api/recordings": ["owner", "viewer"],
  "GET /api/recordings/:id": ["owner", "viewer", "clinician"],
  "GET /api/recordings/:id/events": ["owner", "viewer", "clinician"],
  "GET /api/recordings/:id/findings": ["owner", "viewer", "clinician"],
  "GET /api/recordings/:id/beats": ["owner", "viewer", "clinician"],
  "PUT /api/recordings/:id/person": ["owner"],
  "GET /api/recordings/:id/assignments": ["owner", "viewer"],
  "GET /api/recordings/:id/overreads": ["owner", "viewer", "clinician"],
  "POST /api/recordings/:id/overreads": ["clinician"],
  "GET /api/recordings/:id/export": ["owner", "viewer"],
  "GET /api/recordings/:id/signal": ["owner", "viewer", "clinician"],
  "GET /api/live": ["owner", "viewer"],
  "GET /api/recordings/:id/proof": ["owner", "viewer", "clinician"],
  "POST /api/recordings/:id/verify": ["owner", "viewer"],
  "GET /api/link": ["clinician"],
  "GET /api/links": ["owner"],
  "POST /api/links": ["owner"],
  "DELETE /api/links/:id": ["owner"],
};

export function ruleOf(method: string, route: string | undefined): (typeof RULES)[string] | undefined {
  const key = `${method} ${route}`;
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
}
