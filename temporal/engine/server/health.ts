import type { ClientHttp2Session } from 'node:http2';

const service = 'temporal.api.workflowservice.v1.WorkflowService';

/**
 * Whether a Temporal frontend on plain-text `host:port` says it is serving, by the standard gRPC health call.
 * Written on node:http2, because loading the SDK costs a hundred times more than asking.
 */
export async function isServing(address: string, timeoutMs = 1000): Promise<boolean> {
  const { connect } = await import('node:http2');
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    const session: ClientHttp2Session = connect(`http://${address}`);
    session.on('error', () => end(false));
    session.on('close', () => end(false));
    const request = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => end(false));
    request.on('end', () => end(saysServing(Buffer.concat(chunks))));
    request.end(healthRequest());
  });
}

// A gRPC frame: one byte "not compressed", four bytes of length, then the message. Field 1 of the request is the service's name.
function healthRequest(): Buffer {
  const name = Buffer.from(service);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(name.length + 2, 1);
  return Buffer.concat([frame, Buffer.from([0x0a, name.length]), name]);
}

// Field 1 of the answer is the status; 1 is SERVING.
function saysServing(answer: Buffer): boolean {
  return answer.length >= 7 && answer[5] === 0x08 && answer[6] === 1;
}
