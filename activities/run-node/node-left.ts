import { OdwError, isOdwError } from '../../src/errors/error.ts';

/** What `runNode` throws when it stops waiting without ending anything: the executor lives on, or is to be continued by the next host. */
export function nodeLeft(activityId: string): OdwError {
  return new OdwError('node-left', `this host stopped waiting for node ${activityId}; its executor and files are left for the next host`, {
    fields: { activityId },
  });
}

/** True for the error of {@link nodeLeft}: the node is open, neither failed nor done. */
export function isNodeLeft(error: unknown): boolean {
  return isOdwError(error) && error.slug === 'node-left';
}
