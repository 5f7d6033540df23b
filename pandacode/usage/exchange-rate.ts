const liveLimitMs = 5000;

/**
 * Yuan for a dollar: from `…_USD_CNY_RATE`, else the price file; from the network only when `…_FX_URL` names a source and
 * `…_DISABLE_FX` does not forbid it. Undefined: not known.
 */
export async function usdCnyRate(env: NodeJS.ProcessEnv, priceFile: string): Promise<number | undefined> {
  const value = (name: string) => env[`PANDACODE_BAMBOO_${name}`] || env[`BAMBOO_${name}`] || undefined;
  const given = positive(value('USD_CNY_RATE'));
  if (given !== undefined) return given;
  const url = value('FX_URL');
  const isOff = /^(?:1|true|yes|on)$/i.test(value('DISABLE_FX') ?? '');
  return (url && !isOff ? await live(url) : undefined) ?? rateIn(priceFile);
}

async function live(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(liveLimitMs) });
    const body = (await answer.json()) as { rates?: { CNY?: unknown }; rate?: unknown };
    return positive(body.rates?.CNY ?? body.rate);
  } catch {
    return undefined;
  }
}

function rateIn(priceFile: string): number | undefined {
  try {
    return positive((JSON.parse(priceFile) as { usd_cny_rate?: unknown }).usd_cny_rate);
  } catch {
    return undefined;
  }
}

function positive(value: unknown): number | undefined {
  const number = Number(value);
  return value !== undefined && number > 0 && Number.isFinite(number) ? number : undefined;
}
