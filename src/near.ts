/** The known names most like a mistyped one, best first, at most three; none when nothing comes close. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const scored = [...new Set(known)].flatMap((one) => {
    const text = one.toLowerCase();
    const distance = text.includes(wanted) || (text !== '' && wanted.includes(text)) ? 1 : editDistance(wanted.slice(0, 80), text.slice(0, 80));
    return distance <= Math.max(2, Math.floor(wanted.length / 3)) ? [{ one, distance }] : [];
  });
  return scored
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ one }) => one);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
