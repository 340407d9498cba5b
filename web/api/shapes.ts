// What the API answers, as `/openapi.json` describes it; as much of it as the console shows.

export type Problem = { readonly code: string; readonly title: string; readonly status: number };

export type Entry = {
  readonly revision: number;
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly origin: string | null;
  readonly group: string | null;
  readonly inEffect: boolean | null;
  readonly inserted: number;
  readonly deleted: number;
  readonly versionName: string | null;
  readonly ofRevision: number | null;
  readonly erased: boolean;
};

export type Page<Item> = { readonly items: readonly Item[]; readonly next?: string };

export type Version = { readonly name: string; readonly revision: number };

export type Run = {
  readonly text: string;
  readonly author: string;
  readonly at: string;
  readonly origin: string;
};

export type Blame = {
  readonly revision: number;
  readonly recordedAt: string;
  readonly sections: readonly { readonly id: string; readonly runs: readonly Run[] }[];
};

export type Member = { readonly id: string; readonly name: string | null };
