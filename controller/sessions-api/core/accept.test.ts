// In which form clients of Kubernetes want their answer, by the headers that they really send.
import { expect, test } from '@jest/globals';
import { wantedForm } from './accept.ts';
import { wantsAggregated } from './discovery.ts';

const kubectl =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const garbageCollector =
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

test.each([
  [undefined, 'objects'],
  ['', 'objects'],
  ['*/*', 'objects'],
  ['application/json', 'objects'],
  ['application/vnd.kubernetes.protobuf, application/json', 'objects'],
  [kubectl, 'table'],
  [garbageCollector, 'metadata'],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'metadata'],
  ['application/json;as=Table;g=other.io', undefined],
  ['application/vnd.kubernetes.protobuf', undefined],
  ['application/cbor', undefined],
] as const)('%s: %s', (accept, form) => {
  expect(wantedForm(accept)).toBe(form);
});

test.each([
  ['application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json', true],
  ['application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList', false],
  ['application/json', false],
  [undefined, false],
])('all of discovery in one document for %s: %s', (accept, is) => {
  expect(wantsAggregated(accept)).toBe(is);
});
