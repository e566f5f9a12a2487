/**
 * The environment of the HSM host. Vendors' libraries take their configuration from variables of their own, so what
 * the application was started with is passed on, except what would load foreign code into the host or trace it.
 */
const REFUSED = /^(LD_|DYLD_|NODE_|ELECTRON_|PKCS11SPY|SOFTHSM2_CONF$|MALLOC_|GCONV_PATH$)/;

export function hostEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    // LD_LIBRARY_PATH stays: some vendors' libraries find their own parts by it, and it was chosen for this process too.
    if (value !== undefined && (name === 'LD_LIBRARY_PATH' || !REFUSED.test(name))) kept[name] = value;
  }
  return kept;
}
