import pkg from '../package.json' with { type: 'json' };

/** The package version: pandacode and odw are released together. */
export const version: string = pkg.version;
