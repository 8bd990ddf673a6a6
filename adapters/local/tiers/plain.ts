// Owns: sandboxes that are none: the same programs as plain processes with the folders of the host. Says so loudly.
import { execClean, quoted, reporting } from './shell.ts';
import { fds, type Launch, type Tier, type View } from './tier.ts';

const dropping = (setpriv: string | undefined): readonly string[] =>
  setpriv === undefined ? [] : [setpriv, '--no-new-privs'];

/** `setpriv` is its path where it is installed. */
export function plainTier(setpriv: string | undefined): Tier {
  return {
    name: 'plain',
    ownView: false,
    lacks: [
      'NO ISOLATION: sandboxes are ordinary processes that read what this user reads',
      "processes share the host's network",
      'processes see those of others',
    ],
    launch(view: View): Launch {
      const shell = ['/bin/sh', `/dev/fd/${fds.plan}`];
      return {
        argv: reporting([...dropping(setpriv), ...shell]),
        plan: `exec ${fds.plan}<&-\ncd ${quoted(view.cwd)} || exit 125\n${execClean(view.environment, view.argv)}\n`,
      };
    },
  };
}
