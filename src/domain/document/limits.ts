// Lengths are UTF-16 code units, as in JavaScript and as clients count offsets.

export const MOST_TITLE_CHARACTERS = 500;
export const MOST_NAME_CHARACTERS = 200;
export const MOST_EDITS = 200;
export const MOST_SECTIONS = 2_000;
export const LONGEST_DOCUMENT = 5_000_000;
export const MOST_VERSIONS = 1_000;
export const MOST_ACCESS_ENTRIES = 1_000;

/** Automerge takes 10 µs to delete a character, and nobody else is served meanwhile. */
export const MOST_DELETED = 200_000;

/** Text that comes in is cut into sections of at most this length. */
export const INCOMING_SECTION = 8_000;
/** A section that grew longer than this is cut again. */
export const GROWN_SECTION = 16_000;

/** Of one Automerge change of a live client, in bytes. */
export const MOST_CHANGE_BYTES = 512 * 1_024;

/** Where typing ends; a section is cut long before. */
export const LONGEST_SECTION = 64_000;

/**
 * So much text, at three bytes of UTF-8 a unit and with what Automerge adds, stays below 400 kB:
 * the events of a large outcome can then be spread over several appends.
 */
export const TEXT_PER_CHANGE = 100_000;
