import type { Ending } from './words.ts';

/** Somebody who has the document open, under the name that their page says. */
export type Person = {
  readonly session: string;
  readonly member: string;
  readonly name: string;
  readonly colour: number;
};

/** What is said once: to everybody at the edge of the page, and by screen readers. */
export type Notice = { readonly words: string; readonly isBad: boolean; readonly at: number };

/** How an open document stands, for the parts of the page that show it. */
export type DeskView = {
  readonly isLoaded: boolean;
  /** The server could not be reached, or went away. */
  readonly isAway: boolean;
  readonly title: string;
  readonly mayEdit: boolean;
  readonly rights: readonly string[];
  readonly isConnected: boolean;
  /** Nothing that was typed waits for the server. */
  readonly isSettled: boolean;
  /** What is typed outlives the tab. */
  readonly isKept: boolean;
  readonly revision: number;
  /** Which member this is; known once there was a connection. */
  readonly self: { readonly member: string; readonly name: string } | undefined;
  readonly people: readonly Person[];
  readonly notice: Notice | undefined;
  /** The connection is over for good. */
  readonly ending: Ending | undefined;
  /** What was typed and will never be taken in: the whole text, as it was here. */
  readonly lost: { readonly words: string; readonly text: string } | undefined;
};

export const atFirst: DeskView = {
  isLoaded: false,
  isAway: false,
  title: '',
  mayEdit: false,
  rights: [],
  isConnected: false,
  isSettled: true,
  isKept: false,
  revision: -1,
  self: undefined,
  people: [],
  notice: undefined,
  ending: undefined,
  lost: undefined,
};
