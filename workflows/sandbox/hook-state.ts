export const hookState = {
  /** Whether the sandbox is being activated right now. The constructor shim answers the SDK's promise hook by it. */
  inside: true,
  /** Whether the SDK is handing out the jobs of an activation: promise callbacks run only afterwards. */
  dispatching: false,
};
