/**
 * Loads what needs optional packages. A package that is absent is named in the error, instead of a file of ours that
 * could not be loaded.
 * @throws {Error} that says what to install
 */
export function withOptionalPeer<T>(load: () => Promise<T>, subpath: string, packages: string): Promise<T> {
  const loaded = load().catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code));
    if (!missing) throw error;
    throw new Error(`${subpath} needs packages that are not installed: npm install ${packages}`, { cause: error });
  });
  // Nest waits for it when it scans the module; until then a failure is nobody's yet.
  loaded.catch(() => undefined);
  return loaded;
}
