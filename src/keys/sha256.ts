import { sha256 as hash } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Hex SHA-256 of a text's UTF-8 bytes. Pure JavaScript, so it also works inside the workflow sandbox. */
export function sha256(text: string): string {
  return bytesToHex(hash(utf8ToBytes(text)));
}
