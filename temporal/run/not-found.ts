const grpcNotFound = 5;

/** Whether an error of the client says that the server does not know the workflow. Some calls wrap the answer, some hand it on. */
export function isNotFound(error: unknown): boolean {
  const { name, code, cause } = error as { name?: string; code?: unknown; cause?: { code?: unknown } };
  return name === 'WorkflowNotFoundError' || code === grpcNotFound || cause?.code === grpcNotFound;
}
