// Owns: certificates as Node's `tls` wants them. Pure. Does not own: where they come from.
import type { TlsOptions } from '../options.ts';

export const tlsSettings = ({ ca, cert, key, insecureSkipVerify }: TlsOptions = {}): object => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
  ...(insecureSkipVerify === true && { rejectUnauthorized: false }),
});
