/** The package's version, for the User-Agent; a test holds it against package.json. */
export const version = '0.1.0';
