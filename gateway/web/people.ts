/** Persons, and which recordings and handhelds are whose. */
import type { FastifyInstance } from "fastify";
import * as schema from "../schema/people";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addPeople(app: FastifyInstance, { hub }: ApiParts): void {
  const { reader } = hub;

  const all = (): schema.Person[] => {
    const devices = reader.devices();
    return reader.people().map((info) => ({
      ...info,
      handhelds: devices.filter(({ person }) => person === info.name).map(({ id }) => id),
    }));
  };
  const known = (id: number) => all().find((one) => one.id === id)!;

  addRoute(app, schema.people, () => ({ people: all() }));

  addRoute(app, schema.addPerson, ({ body }) => known(hub.addPerson(body).id));

  addRoute(app, schema.changePerson, ({ params, body }) => known(hub.changePerson(params.id, body).id));

  addRoute(app, schema.assignDevice, ({ params, body }) => {
    hub.assignDevice(params.id, body.person);
    return {};
  });

  addRoute(app, schema.assign, ({ params, body }) => {
    const { id } = reader.recording(params.id);
    const changed = hub.assign(id, body.person);
    return { assignment: changed ? reader.assignments(id).assignments.at(-1) : undefined };
  });

  addRoute(app, schema.assignments, ({ params }) => {
    const { id, person } = reader.recording(params.id);
    return { person: person ?? null, ...reader.assignments(id) };
  });
}
