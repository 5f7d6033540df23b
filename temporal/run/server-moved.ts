/** gRPC UNAVAILABLE: what is at the old address is not our server. */
const unavailable = 14;

/** Our own server came back at another address, since its port was taken meanwhile: connect anew. Counts as a loss of the server. */
export class ServerMoved extends Error {
  readonly code = unavailable;

  constructor(from: string, to: string) {
    super(`the Temporal server moved from ${from} to ${to}: its port was taken while it was away`);
  }
}
