import { BinaryPayloadConverter, CompositePayloadConverter, JsonPayloadConverter, UndefinedPayloadConverter, type Payload } from '@temporalio/common';

/** JSON as the SDK writes it, byte for byte, but through the host's own text encoding: the SDK's is a script, and takes a callback for each letter beyond ASCII. */
class NativeJsonConverter extends JsonPayloadConverter {
  // Looked up when they are first needed: the names are there only once the sandbox is furnished.
  private encoder: InstanceType<typeof TextEncoder> | undefined;
  private decoder: InstanceType<typeof TextDecoder> | undefined;

  override toPayload(value: unknown): Payload | undefined {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch {
      return undefined;
    }
    // Functions and the like are the SDK's to judge.
    if (text === undefined) return super.toPayload(value);
    this.encoder ??= new TextEncoder();
    // The host's bytes are of another realm; the copy is of this one.
    return { ...super.toPayload(null), data: new Uint8Array(this.encoder.encode(text)) };
  }

  override fromPayload<T>(content: Payload): T {
    if (!content.data) return super.fromPayload(content);
    this.decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    return JSON.parse(this.decoder.decode(content.data)) as T;
  }
}

/** The converter of the workflow bundle, under the name by which the SDK looks for it. */
export const payloadConverter = new CompositePayloadConverter(new UndefinedPayloadConverter(), new BinaryPayloadConverter(), new NativeJsonConverter());
