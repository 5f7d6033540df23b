import { compileScript } from '../../src/script/compile.ts';
import { isOdwError, type OdwError } from '../../src/errors/error.ts';

/** The OdwError with which a script is refused; throws when it is accepted. */
export async function refusal(source: string, path = '/project/audit.js'): Promise<OdwError> {
  try {
    await compileScript({ path, source });
  } catch (error) {
    if (isOdwError(error)) return error;
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}
