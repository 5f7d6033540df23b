// Captured before anything is shadowed. Inside the sandbox the SDK keeps the original constructor on the prototype.
const RealDate = Date;

/** `Date` for scripts: everything but the present moment (DET-02 to DET-04). */
export function guardedDate(): DateConstructor {
  const original = RealDate.prototype.constructor as DateConstructor;
  const Guarded = function (...args: number[]) {
    if (!new.target) throw new Error('Date() is not allowed in a workflow script: pass times in as args');
    if (args.length === 0) throw new Error('argless new Date() is not allowed in a workflow script: pass times in as args');
    return Reflect.construct(original, args, new.target as unknown as DateConstructor) as Date;
  };
  const now = () => {
    throw new Error('Date.now() is not allowed in a workflow script: pass times in as args');
  };
  const members = {
    name: 'Date',
    length: 7,
    prototype: RealDate.prototype,
    now,
    parse: (text: string) => RealDate.parse(text),
    UTC: (...args: Parameters<typeof Date.UTC>) => RealDate.UTC(...args),
  };
  for (const [key, value] of Object.entries(members)) Object.defineProperty(Guarded, key, { value, writable: false, configurable: false, enumerable: false });
  Object.defineProperty(RealDate.prototype, 'constructor', { value: Guarded, writable: false, configurable: false, enumerable: false });
  return Object.freeze(Guarded) as unknown as DateConstructor;
}

/** `Math` for scripts: everything but randomness. */
export function guardedMath(): Math {
  const copy: Record<PropertyKey, unknown> = {};
  for (const key of Reflect.ownKeys(Math)) copy[key] = (Math as unknown as Record<PropertyKey, unknown>)[key];
  copy['random'] = () => {
    throw new Error('Math.random() is not allowed in a workflow script: pass a seed in as args');
  };
  return Object.freeze(copy) as unknown as Math;
}

/** Closes the clock inside `Intl`: formatting without an explicit date would read the host's time (DET-05). */
export function guardIntl(): void {
  const prototype = Intl.DateTimeFormat.prototype as unknown as Record<string, unknown>;
  const refuse = () => {
    throw new Error('Intl.DateTimeFormat without an explicit date is not allowed in a workflow script');
  };
  const getter = Object.getOwnPropertyDescriptor(prototype, 'format')?.get;
  Object.defineProperty(prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      const format = getter?.call(this) as Intl.DateTimeFormat['format'];
      return (date?: Date | number) => (date === undefined ? refuse() : format(date));
    },
    configurable: false,
  });
  const toParts = prototype['formatToParts'] as (date: Date) => unknown;
  Object.defineProperty(prototype, 'formatToParts', {
    value(this: Intl.DateTimeFormat, date?: Date) {
      return date === undefined ? refuse() : toParts.call(this, date);
    },
    writable: false,
    configurable: false,
  });
  Object.freeze(prototype);
  Object.freeze(Intl.DateTimeFormat);
  Object.freeze(Intl);
}
