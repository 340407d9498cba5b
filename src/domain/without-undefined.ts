type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

/** Only the fields that have a value: an absent field and one that holds `undefined` are one thing. */
export const withoutUndefined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
