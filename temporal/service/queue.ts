/** The task queue that all workers of an installation share: scheduled runs wait here for any of them. */
export const sharedQueue = 'odw';
