// Schema of a core/v1 PodSpec (Kubernetes 1.35): all its field names; those that the platform reads, exactly.
// The others are checked for their JSON type only and kept as given, for a cluster honours them.
import { z } from 'zod';
import { container } from './container.ts';
import { anyObject, anyObjects, dnsLabel, fields, flag, integer, seconds, text, textMap } from './fields.ts';
import { quantity } from './quantity.ts';

const volumeSources = {
  awsElasticBlockStore: anyObject.optional(),
  azureDisk: anyObject.optional(),
  azureFile: anyObject.optional(),
  cephfs: anyObject.optional(),
  cinder: anyObject.optional(),
  configMap: anyObject.optional(),
  csi: anyObject.optional(),
  downwardAPI: anyObject.optional(),
  emptyDir: fields({ medium: text.optional(), sizeLimit: quantity.optional() }).optional(),
  ephemeral: anyObject.optional(),
  fc: anyObject.optional(),
  flexVolume: anyObject.optional(),
  flocker: anyObject.optional(),
  gcePersistentDisk: anyObject.optional(),
  gitRepo: anyObject.optional(),
  glusterfs: anyObject.optional(),
  hostPath: anyObject.optional(),
  image: anyObject.optional(),
  iscsi: anyObject.optional(),
  nfs: anyObject.optional(),
  persistentVolumeClaim: anyObject.optional(),
  photonPersistentDisk: anyObject.optional(),
  portworxVolume: anyObject.optional(),
  projected: anyObject.optional(),
  quobyte: anyObject.optional(),
  rbd: anyObject.optional(),
  scaleIO: anyObject.optional(),
  secret: anyObject.optional(),
  storageos: anyObject.optional(),
  vsphereVolume: anyObject.optional(),
};

const toleration = fields({
  effect: text.optional(),
  key: text.optional(),
  operator: text.optional(),
  tolerationSeconds: integer.optional(),
  value: text.optional(),
});

/** core/v1 LocalObjectReference, as imagePullSecrets lists them. */
export const objectReference = fields({ name: text.optional() });

const containers = z.array(container);

const podFields = {
  containers: containers.min(1).describe('a list of at least one container'),
  initContainers: containers.optional(),
  ephemeralContainers: anyObjects.optional(),
  volumes: z.array(fields({ name: dnsLabel, ...volumeSources })).optional(),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(),
  terminationGracePeriodSeconds: seconds.optional(),
  activeDeadlineSeconds: seconds.optional(),
  affinity: anyObject.optional(),
  automountServiceAccountToken: flag.optional(),
  dnsConfig: anyObject.optional(),
  dnsPolicy: text.optional(),
  enableServiceLinks: flag.optional(),
  hostAliases: anyObjects.optional(),
  hostIPC: flag.optional(),
  hostNetwork: flag.optional(),
  hostPID: flag.optional(),
  hostUsers: flag.optional(),
  hostname: text.optional(),
  hostnameOverride: text.optional(),
  imagePullSecrets: z.array(objectReference).optional(),
  nodeName: text.optional(),
  nodeSelector: textMap.optional(),
  os: anyObject.optional(),
  overhead: anyObject.optional(),
  preemptionPolicy: text.optional(),
  priority: integer.optional(),
  priorityClassName: text.optional(),
  readinessGates: anyObjects.optional(),
  resourceClaims: anyObjects.optional(),
  resources: anyObject.optional(),
  runtimeClassName: text.optional(),
  schedulerName: text.optional(),
  schedulingGates: anyObjects.optional(),
  securityContext: anyObject.optional(),
  serviceAccount: text.optional(),
  serviceAccountName: text.optional(),
  setHostnameAsFQDN: flag.optional(),
  shareProcessNamespace: flag.optional(),
  subdomain: text.optional(),
  tolerations: z.array(toleration).optional(),
  topologySpreadConstraints: anyObjects.optional(),
  workloadRef: anyObject.optional(),
};

/** core/v1 PodSpec; container names are unique, as Kubernetes wants. */
export const podSpec = fields(podFields).superRefine(({ containers: own, initContainers = [] }, context) => {
  const seen = new Set<string>();
  const check = (field: string, list: typeof own): void => {
    for (const [index, { name }] of list.entries()) {
      const path = [field, index, 'name'];
      if (seen.has(name))
        context.addIssue({
          code: 'custom',
          path,
          message: `there is another container named ${JSON.stringify(name)}`,
        });
      seen.add(name);
    }
  };
  check('containers', own);
  check('initContainers', initContainers);
});

export type PodSpec = z.infer<typeof podSpec>;
