import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';

// What `@hocuspocus/provider` 4.7 puts around the messages of y-protocols.

const [SYNC, AUTH, TOKEN] = [0, 2, 0];

export function authFrame(document: string): Uint8Array {
  return frame(document, AUTH, (encoder) => {
    encoding.writeVarUint(encoder, TOKEN);
    encoding.writeVarString(encoder, '');
    encoding.writeVarString(encoder, '4.7.0');
  });
}

/** Asks for everything that this state vector does not hold. */
export function askFrame(document: string, stateVector: Uint8Array): Uint8Array {
  return frame(document, SYNC, (encoder) => {
    encoding.writeVarUint(encoder, sync.messageYjsSyncStep1);
    encoding.writeVarUint8Array(encoder, stateVector);
  });
}

/** The answer of a client that has nothing which the server has not. */
export function nothingNewFrame(document: string): Uint8Array {
  return frame(document, SYNC, (encoder) => {
    encoding.writeVarUint(encoder, sync.messageYjsSyncStep2);
    encoding.writeVarUint8Array(encoder, Uint8Array.of(0, 0));
  });
}

export function updateFrame(document: string, update: Uint8Array): Uint8Array {
  return frame(document, SYNC, (encoder) => sync.writeUpdate(encoder, update));
}

export type SyncFrame =
  | { readonly type: 'asks' }
  | { readonly type: 'whole' | 'update'; readonly update: Uint8Array };

/** Undefined for what is no sync message: authentication, status. */
export function readFrame(bytes: Uint8Array): SyncFrame | undefined {
  const decoder = decoding.createDecoder(bytes);
  decoding.readVarString(decoder);
  const type = decoding.readVarUint(decoder);
  // 4 is a sync message that is not to be answered with a question.
  if (type !== SYNC && type !== 4) return undefined;
  const step = decoding.readVarUint(decoder);
  if (step === sync.messageYjsSyncStep1) return { type: 'asks' };
  const update = decoding.readVarUint8Array(decoder);
  return { type: step === sync.messageYjsSyncStep2 ? 'whole' : 'update', update };
}

function frame(
  document: string,
  type: number,
  write: (encoder: encoding.Encoder) => void,
): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, document);
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}
