/** Every reason the domain can refuse a command, and what to tell the caller. */
const reasons = {
  'command/reused': 'This idempotency key was used before with another request.',
  'right/missing': 'Your roles and the access list do not allow this.',
  'right/above-own': 'Nobody can give, take or use roles above their own.',
  'tenant/not-found': 'There is no such tenant.',
  'tenant/already-exists': 'Another tenant has this id.',
  'tenant/reserved': 'This id is reserved.',
  'tenant/suspended': 'The tenant is suspended.',
  'tenant/offboarded': 'The tenant was offboarded and cannot come back.',
  'tenant/last-owner': 'A tenant keeps at least one owner: make another one first.',
  'plan/not-found': 'There is no such plan.',
  'member/not-found': 'There is no such member.',
  'member/already-exists': 'The member already exists.',
  'member/email-taken': 'Another member has this e-mail address.',
  'member/deactivated': 'The member is deactivated.',
  'member/erased': 'The personal data of this member was erased.',
  'group/not-found': 'There is no such group.',
  'group/already-exists': 'The group already exists.',
  'group/deleted': 'The group was deleted.',
  'group/full': 'The group has as many members as a group can have.',
  'api-key/not-found': 'There is no such API key.',
  'api-key/already-exists': 'The API key already exists.',
  'api-key/already-expired': 'The API key would expire before it could be used.',
  'api-key/lives-too-long': 'A key of the operator into a tenant lives one hour at most.',
  'identity-provider/not-found': 'There is no such identity provider.',
  'identity-provider/already-exists': 'This issuer is registered with other settings.',
  'identity-provider/issuer-not-allowed':
    'An issuer is reached by https at a public address, or the operator lists its origin.',
  'identity-provider/foreign-audience': 'This audience names another tenant.',
  'document/not-found': 'There is no such document.',
  'document/already-exists': 'The document already exists.',
  'document/archived': 'The document is archived and can no longer change.',
  'document/erased': 'The content of this document was erased.',
  'document/title-too-long': 'The title is too long.',
  'document/name-too-long': 'The name of a folder, place or version is too long.',
  'document/too-many-edits': 'One request may hold fewer edits.',
  'document/too-many-sections': 'The document would have too many sections.',
  'document/too-large': 'The document would be too long.',
  'document/access-list-too-long': 'The access list is too long: use groups.',
  'text/not-storable': 'Text must be well-formed Unicode (no half surrogate pairs) without U+0000.',
  'edit/section-not-found': 'There is no such section at this revision.',
  'edit/out-of-range': 'The offset is beyond the end of the text.',
  'edit/inside-character': 'The offset is between the two halves of one character.',
  'edit/deletes-too-much':
    'One request may delete fewer characters; whole sections can be deleted instead.',
  'edit/not-found': 'The text to be replaced does not occur.',
  'edit/ambiguous': 'The text to be replaced occurs more than once.',
  'section/too-long': 'The section would be too long.',
  'actor/not-found': 'There is no such actor of yours in this document.',
  'actor/already-claimed': 'The actor is claimed.',
  'actor/quarantined': 'The actor sent what could not be accepted, and writes no more.',
  'change/malformed': 'The bytes are no Automerge change as Automerge writes it.',
  'change/not-allowed':
    'A change may type, delete and rename; everything else is asked for by name.',
  'change/unknown-reference': 'The change names an element or a value that is not there.',
  'change/unknown-dependency': 'The change builds on one that is not part of the document.',
  'change/sequence-gap': 'The change is not the next one of its actor.',
  'change/sequence-taken': 'Another change of this actor has this number.',
  'change/from-the-future': 'The change was made later than now.',
  'change/wrong-actor': 'The actor is not the one of this connection.',
  'undo/nothing-to-undo': 'There is no edit to undo.',
  'undo/nothing-to-redo': 'There is no edit to redo.',
  'undo/group-not-found': 'There is no such group of edits.',
  'undo/not-yours': 'The group of edits is somebody else’s: undo it in the scope of the document.',
  'undo/too-much': 'So many characters cannot come and go at once.',
  'document/undo-too-old': 'What is older than 30 days or 1,000 groups stays as it is.',
  'branch/not-found': 'The document has no such branch.',
  'anchor/too-long': 'A comment or suggestion can be about fewer characters.',
  'comment/not-found': 'The document has no such comment.',
  'comment/already-exists': 'The comment already exists.',
  'comment/removed': 'The comment was removed.',
  'comment/too-many-replies': 'The comment has as many replies as a comment can have.',
  'comment/not-yours': 'A comment is removed by its author or by an owner of the document.',
  'suggestion/not-found': 'The document has no such suggestion.',
  'suggestion/already-exists': 'The suggestion already exists.',
  'suggestion/changes-nothing': 'The replacement is the text that is there.',
  'suggestion/settled': 'The suggestion was accepted or rejected before.',
  'suggestion/no-such-part': 'The suggestion has fewer parts.',
  'suggestion/text-gone': 'The text that the suggestion would replace is no longer there.',
  'suggestion/not-yours': 'A suggestion is rejected by its author or by who may edit the document.',
  'budget/exhausted': 'A limit refuses this for now.',
  'budget/never-fits': 'This is more than a limit allows at once.',
  'budget/not-countable': 'Tokens and nano-dollars are whole numbers from 0 to 2^53 - 1.',
  'budget/scopes-not-countable': 'The scopes of a generation are few, short and different.',
  'version/name-taken': 'Another revision has this name.',
  'version/not-found': 'There is no such version or revision.',
  'version/too-many': 'The document has as many named versions as it can have.',
} as const;

export type RejectionCode = keyof typeof reasons;

/** The domain's "no". `details` may name limits, fields and ids, never content. */
export class Rejected extends Error {
  readonly code: RejectionCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: RejectionCode, details: Readonly<Record<string, string | number>> = {}) {
    super(reasons[code]);
    this.name = 'Rejected';
    this.code = code;
    this.details = details;
  }
}
