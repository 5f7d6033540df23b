import { OdwError } from '../../src/errors/error.ts';

const invalidArgument = 3;

/** Runs a call about a schedule and names what goes wrong in odw's words. */
export async function aboutSchedule<T>(name: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { name: kind, code, message, cause } = error as { name?: string; code?: unknown; message: string; cause?: { code?: unknown; message: string } };
    if (kind === 'ScheduleNotFoundError') throw new OdwError('schedule-not-found', `there is no schedule "${name}"`, { fields: { name }, cause: error });
    if (kind === 'ScheduleAlreadyRunning') {
      const next = `Choose another name, or remove it first: odw schedule rm ${name}`;
      throw new OdwError('schedule-exists', `there is a schedule "${name}" already`, { fields: { name }, next, cause: error });
    }
    if (code === invalidArgument || cause?.code === invalidArgument) {
      throw new OdwError('schedule-invalid', `the server refuses schedule "${name}": ${cause?.message ?? message}`);
    }
    throw error;
  }
}

/**
 * Checks the name of a schedule: it begins run ids, and so folder names.
 *
 * @throws OdwError `schedule-invalid`
 */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name) && !name.includes('..')) return name;
  throw new OdwError(
    'schedule-invalid',
    `the name of a schedule has letters, digits, "-", "_" and "." only, at most 100, and begins with a letter or digit; got "${name}"`,
    {
      exitCode: 2,
    },
  );
}
