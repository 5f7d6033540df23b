const most = 100;

/**
 * A way to add warnings to a list that goes into a report: a hundred of them, then one that says how many more there were.
 * The event log holds them all.
 */
export function boundedList(list: string[]): (text: string) => void {
  let left = 0;
  let lastAt = -1;
  return (text) => {
    if (list.length < most) {
      list.push(text);
      return;
    }
    left++;
    if (left === 1) lastAt = list.length;
    list[lastAt] = `${left} more ${left === 1 ? 'warning is' : 'warnings are'} in the event log`;
  };
}
