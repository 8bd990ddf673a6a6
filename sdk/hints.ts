// Owns: what to do about each error, in a sentence. Those of the platform's codes are the words of docs/errors.md, which a test
// holds in step. Does not own: when an error happens.

const ofPlatform: Readonly<Record<string, string>> = {
  INVALID_REQUEST: 'Correct what the message names and send it again.',
  INVALID_RUNTIME: 'Correct each of `problems` in the YAML; what was deployed before goes on as it was.',
  INVALID_TRIGGER: 'Correct each of `problems` in the YAML; what was deployed before goes on as it was.',
  UNKNOWN_IMAGE: 'Use a listed image, or add yours to the image table (image, folder, command).',
  UNAUTHORIZED:
    'Send `Authorization: Bearer …`: to the control API the token of a Kubernetes service account, to the activator one of the issuer that `jwtIssuerUrl` names.',
  FORBIDDEN:
    "Give the service account that right in the runtime's namespace, by a Role and a RoleBinding; give the user the role that the message names, at the issuer.",
  IDENTITY_PROVIDER_UNAVAILABLE:
    'See whether `jwtIssuerUrl` answers from where the activator runs; callers who were believed a moment ago go on.',
  RUNTIME_NOT_FOUND: 'Check kind, namespace and name, and deploy the runtime first.',
  TRIGGER_NOT_FOUND: 'Check namespace and name, and deploy the trigger first.',
  DEAD_LETTER_NOT_FOUND: 'List the dead letters of its namespace.',
  SESSION_NOT_FOUND: 'Check the id; open a new session by calling without one.',
  SESSION_ENDED: 'Open a new session by calling without an id; raise `sessionTimeout` if it ended too early.',
  RUNTIME_EXISTS: 'Replace or patch the one that is there, or choose another name.',
  TRIGGER_EXISTS: 'Replace or patch the one that is there, or choose another name.',
  CONFLICT: 'Read the object, make the change to what you read, and send that.',
  SESSION_STATE: "Read the session's state; ask again when it has settled.",
  BODY_TOO_LARGE: 'Send less; runtimes may be 3 MB.',
  UNSUPPORTED_MEDIA_TYPE: 'Send one of the content types that the message lists.',
  INVALID_EVENT:
    'Correct what `problems` lists: `attribute`, `rule`, and in a batch `event`, counted from 0.',
  EVENT_TOO_LARGE:
    'Send less at once, put large data elsewhere and its address into the event, or raise `maxEventBytes`, `maxBatchEvents`, `maxBatchBytes`.',
  QUEUE_FULL:
    "Send it again after `Retry-After`; see what the trigger's target does, or raise `maxQueuedEventsPerTrigger` and `maxQueuedEvents`.",
  SESSION_QUEUE_FULL: 'Wait as long as `Retry-After` says; send fewer requests at once to one session.',
  RUNTIME_QUEUE_FULL: 'Wait as long as `Retry-After` says; raise `warmPoolSize` if it happens often.',
  SERVER_OVERLOADED: 'Wait as long as `Retry-After` says; add activators if it happens often.',
  SANDBOX_CRASHED:
    'Read `reason` (an exit code, a signal, out of memory), then send it again if doing it twice does no harm.',
  SANDBOX_UNREACHABLE:
    "See in the sandbox's log whether its server listens on the port that the runtime names.",
  SANDBOX_CONNECTION_LOST:
    'Send it again if doing it twice does no harm; the sandbox may have begun the work.',
  SANDBOX_START_FAILED:
    "Read `reason` and the sandbox's log; correct the runtime's command, image or limits.",
  SANDBOX_START_TIMEOUT:
    "See in the sandbox's log what it waits for; make its start faster or its readiness probe right.",
  WAKE_TIMEOUT:
    'Send it again; if it happens often, the machine has too little memory or CPU for what runs on it.',
  NODE_UNREACHABLE:
    'Send it again; when it goes on, see with kubectl whether the node is ready and its node agent runs.',
  CLUSTER_UNAVAILABLE:
    "Read the message: an API server that is away comes back by itself; what is forbidden has to be allowed to the program's service account.",
  STORE_UNAVAILABLE:
    'Do what the message says: free disk space, correct permissions, or stop the other process that has the file.',
  NOT_LEADER: 'Ask again after `Retry-After`; when it goes on, see that a controller runs and reaches Redis.',
  SHUTTING_DOWN: 'Send it again when the platform is back; the session is kept.',
  JWT_SIGNING_FAILED: 'Read the log: the file of the key must be readable; then send it again.',
  INTERNAL: 'Report it with the lines that the log has for this request.',
};

const ofClient: Readonly<Record<string, string>> = {
  CONFIGURATION: 'Give what the message names as an option or as an environment variable.',
  INVALID_ARGUMENT: 'Correct the argument that the message names.',
  UNREACHABLE: 'Check the address, and that the platform runs: `npm start`, or the chart on Kubernetes.',
  CONNECT_TIMEOUT:
    'Check the address and what lies between: a firewall, a proxy; or raise `connectTimeoutMs`.',
  TIMEOUT: 'Raise `timeoutMs`, or see what the sandbox does; it may have carried the request out.',
  CONNECTION_LOST: 'Call again if doing it twice does no harm; the request may have been carried out.',
  INVALID_RESPONSE: 'Check that the address is that of an AgentCube server, and what stands before it.',
  UNEXPECTED_REDIRECT: 'Use the address that it points to, if you trust it.',
  NOT_SUPPORTED_BY_SERVER: 'Use a server that has it, or do without: stock AgentCube 0.1 has less.',
  NOT_SUPPORTED_HERE: 'Use Node 20.16 or newer, or do without.',
  COMMAND_FAILED: 'Read `stderr`.',
  FILE_NOT_FOUND: 'List the directory; paths are relative to the workspace.',
  AGENT_ERROR: 'Read `status` and `body`: the agent itself answered so.',
  CLOSED: 'Open another one.',
  SERVER_ERROR: 'Read the log of the server.',
};

/** What to do about an error of this code. */
export const hintOf = (code: string): string => ofPlatform[code] ?? ofClient[code] ?? '';

/** Whether the platform answers with this code; whatever else is in `code` came from elsewhere. */
export const isPlatformCode = (code: string): boolean => Object.hasOwn(ofPlatform, code);
