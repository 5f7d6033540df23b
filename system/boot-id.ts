import { readFileSync } from 'node:fs';

let boot: string | undefined;

/** Names the present run of the machine's system: another one after a restart. Empty where the system does not tell. */
export function bootId(): string {
  if (boot !== undefined) return boot;
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    boot = '';
  }
  return boot;
}
