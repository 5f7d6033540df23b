/** `N times: min A, median B, p95 C, max D` of times in milliseconds. */
export function distribution(times) {
  if (times.length === 0) return 'never measured';
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => `${(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] / 1000).toFixed(2)} s`;
  return `${sorted.length} times: min ${at(0)}, median ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`;
}
