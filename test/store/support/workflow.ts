import { proxyActivities } from '@temporalio/workflow';

interface Activities {
  answer(size: number): Promise<string>;
  measure(text: string): Promise<number>;
}

const { answer, measure } = proxyActivities<Activities>({ startToCloseTimeout: '20s', retry: { maximumAttempts: 1 } });

/** Takes a text, gets one of `size` characters from an activity, hands it to another, and returns both. */
export async function carry(text: string, size: number): Promise<{ input: number; measured: number; answer: string }> {
  const got = await answer(size);
  return { input: text.length, measured: await measure(got), answer: got };
}
