/** Passes a text on at most once a minute: every node that waits says the same. */
export function onceAMinute(tell: (text: string) => void): (text: string) => void {
  let next = 0;
  return (text) => {
    if (Date.now() < next) return;
    next = Date.now() + 60_000;
    tell(text);
  };
}
