/** What a process does: the tenants' API, the operator's API, views, and reactions with jobs. */
export const SERVER_ROLES = ['data', 'control', 'projector', 'worker'] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** Reads `data,worker`. Throws an error that names what is accepted. */
export function readServerRoles(text: string): ReadonlySet<ServerRole> {
  const names = text.split(',').map((name) => name.trim());
  return new Set(
    names.map((name) => {
      const role = SERVER_ROLES.find((known) => known === name);
      if (role !== undefined) return role;
      throw new Error(`'${name}' is no role of a server. Accepted: ${SERVER_ROLES.join(', ')}.`);
    }),
  );
}
