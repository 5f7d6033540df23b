import { isOdwError } from '../../src/errors/error.ts';

const tries = 3;

/** Does something with git again when a signal from outside ended git in it: for want of memory, for example. It must bear being begun anew. */
export async function overKills<T>(act: () => Promise<T>): Promise<T> {
  for (let time = 1; ; time++) {
    try {
      return await act();
    } catch (error) {
      if (time === tries || !isOdwError(error) || error.fields['signal'] === undefined) throw error;
    }
  }
}
