/** Every route of the API. Who may call it stands in gateway/access/rules.ts. */
import * as adoptions from "./adoptions";
import * as alerts from "./alerts";
import * as backup from "./backup";
import * as claims from "./claims";
import * as delivery from "./delivery";
import * as devices from "./devices";
import { diagnostics } from "./diagnostics";
import { egress } from "./egress";
import type { Endpoint } from "./endpoint";
import { exportRecording } from "./exports";
import * as findings from "./findings";
import * as hub from "./hub";
import { live } from "./live";
import * as overreads from "./overreads";
import * as people from "./people";
import * as recordings from "./recordings";
import { formOf, reportRecording } from "./reports";
import * as session from "./session";
import * as settings from "./settings";
import * as setup from "./setup";
import { signal } from "./signal";
import * as updates from "./updates";
import { whereabouts } from "./whereabouts";

export const ENDPOINTS = [
  hub.healthz,
  hub.openapi,
  setup.setup,
  setup.setFirstPassword,
  setup.changePassword,
  setup.setupSteps,
  setup.settleStep,
  setup.makeRecoveryCode,
  session.login,
  session.logout,
  session.session,
  session.link,
  session.links,
  session.makeLink,
  session.revokeLink,
  hub.status,
  egress,
  diagnostics,
  backup.backups,
  backup.backUp,
  settings.settings,
  settings.changeSettings,
  devices.devices,
  devices.nameDevice,
  devices.start,
  devices.mark,
  devices.stop,
  updates.update,
  updates.startUpdate,
  updates.swapUpdate,
  updates.cancelUpdate,
  updates.addRelease,
  claims.claim,
  claims.claimPhoto,
  claims.claimState,
  claims.believeMaker,
  claims.withdrawClaim,
  claims.addPapers,
  claims.nearby,
  people.people,
  people.addPerson,
  people.changePerson,
  people.assignDevice,
  people.assign,
  people.assignments,
  adoptions.adoptPiece,
  adoptions.adopt,
  adoptions.adoption,
  recordings.recordings,
  recordings.recording,
  recordings.events,
  recordings.proof,
  recordings.verify,
  whereabouts,
  exportRecording,
  reportRecording,
  formOf,
  delivery.recipients,
  delivery.addRecipient,
  delivery.changeRule,
  delivery.removeRecipient,
  delivery.testRecipient,
  delivery.send,
  delivery.deliveries,
  delivery.withdraw,
  alerts.alerts,
  alerts.changeAlertTimes,
  alerts.addAlertWay,
  alerts.changeAlertTopics,
  alerts.removeAlertWay,
  alerts.testAlertWay,
  alerts.setWatcher,
  alerts.pingWatcher,
  delivery.cameBack,
  overreads.overReads,
  overreads.overRead,
  findings.findings,
  findings.beats,
  signal,
  live,
] as const satisfies readonly Endpoint[];
