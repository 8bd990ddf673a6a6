// Certificates that are replaced while the program runs: cert-manager, Kubernetes' Secrets and SPIFFE helpers write new files in
// their place. New connections get the new one; those that are open go on with theirs.
// Invariant: what cannot be read, or is not whole yet, changes nothing.
import { unwatchFile, watchFile } from 'node:fs';
import https from 'node:https';
import type { Server } from 'node:http';
import type { Certificate } from '../config/serving.ts';
import { tlsOptions } from './listening.ts';

export interface CertificateUse {
  /** What was read at the start; nothing is watched without it. */
  readonly certificate: Certificate | undefined;
  readonly files: readonly (string | undefined)[];
  /** Reads them again; may throw while they are being written. */
  readonly read: () => Certificate | undefined;
  readonly server: Server;
  /** Shows the same certificate to others. */
  readonly agent?: https.Agent | undefined;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A mounted Secret is a link to a folder that is swapped, so its files are looked at rather than listened to (ms). */
const lookMs = 1_000;

const textOf = (certificate: Certificate | undefined): string => JSON.stringify(certificate ?? {});

function takeUp({ server, agent }: CertificateUse, certificate: Certificate): void {
  if (server instanceof https.Server) server.setSecureContext(tlsOptions(certificate));
  const { cert, key, ca } = certificate;
  if (agent && ca !== undefined) Object.assign(agent.options, { cert, key, ca });
}

/** Looks for new files every second until the answer is called. */
export function keepCertificate(use: CertificateUse): () => void {
  const files = use.files.filter((file) => file !== undefined);
  if (!use.certificate) return () => undefined;
  let known = textOf(use.certificate);
  const look = (): void => {
    try {
      const found = use.read();
      if (!found || textOf(found) === known) return;
      takeUp(use, found);
      known = textOf(found);
      use.log('a new certificate is served', { files });
    } catch (fault) {
      // A new certificate beside the old key is no pair yet; the key follows.
      use.log('the files of the certificate cannot be taken up; the one before is served on', {
        files,
        fault,
      });
    }
  };
  for (const file of files) watchFile(file, { interval: lookMs, persistent: false }, look);
  return () => files.forEach((file) => unwatchFile(file, look));
}
