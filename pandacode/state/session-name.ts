import { createHash } from 'node:crypto';

const longest = 180;

/** A session name as it is stored and reported: safe characters only, at most 180; a cut name ends with a hash of the whole. */
export function sessionName(name: string): string {
  const clean =
    name
      .trim()
      .replace(/[^A-Za-z0-9_.:-]+/g, '-')
      .replace(/^[-.]+|-+$/g, '') || 'session';
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 9)}-${shortHash(name)}`;
}

/** The session name as part of a file name: a colon is not portable there. */
export function sessionFileName(session: string): string {
  return session.includes(':') ? `${session.replaceAll(':', '-')}-${shortHash(session)}` : session;
}

/** A name for a session nobody named. */
export function generatedSession(runtime: string, nowMs: number, pid: number): string {
  return `${runtime}-${nowMs}-${pid}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
