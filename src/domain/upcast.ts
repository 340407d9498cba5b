import type { DomainEvent, EventDefinitions } from './event.ts';

/** An event that this version of Palimpsest cannot read: written by a newer one, or not by ours. */
export class UnknownEvent extends Error {
  constructor(type: string, why: string) {
    super(`Events of type ${type} cannot be read: ${why}.`);
    this.name = 'UnknownEvent';
  }
}

/** Brings stored data of any version that ever was to today's shape. */
export function upcast(
  definitions: EventDefinitions,
  type: string,
  schemaVersion: number,
  data: object,
): DomainEvent {
  const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
  if (!definition) throw new UnknownEvent(type, 'no part of this version knows them');
  const { version, upcasts = [] } = definition;
  if (schemaVersion > version) {
    throw new UnknownEvent(
      type,
      `version ${schemaVersion} was written by a newer Palimpsest; this one knows up to ${version}`,
    );
  }
  if (schemaVersion === version) return { type, data };
  const steps = upcasts.slice(schemaVersion - 1, version - 1);
  if (schemaVersion < 1 || steps.length !== version - schemaVersion) {
    throw new UnknownEvent(type, `nothing leads from version ${schemaVersion} to ${version}`);
  }
  return { type, data: steps.reduce<object>((old, step) => step(old as never), data) };
}
