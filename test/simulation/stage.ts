// What actions and checks see of a simulation.
import type { ActivatorProgram } from './activator-program.ts';
import type { AutoscalerProgram } from './autoscaler-program.ts';
import type { Client } from './clients.ts';
import type { ControllerProgram } from './controller-program.ts';
import type { Ledger } from './ledger.ts';
import type { SimHost } from './sim-host.ts';
import type { SimNode } from './sim-node.ts';
import type { SimProcess } from './sim-process.ts';
import type { StoreServer } from './store-server.ts';
import type { World } from './world.ts';

export type Program = ActivatorProgram | AutoscalerProgram | ControllerProgram;

export interface Stage {
  readonly world: World;
  readonly ledger: Ledger;
  readonly server: StoreServer;
  readonly host: SimHost;
  /** Where sandboxes are pods on a node. */
  readonly node: SimNode | undefined;
  readonly clients: readonly Client[];
  readonly activators: readonly ActivatorProgram[];
  readonly controllers: readonly ControllerProgram[];
  readonly autoscalers: readonly AutoscalerProgram[];
  program(name: string): Program;
  /** It ends at once, whatever it does; a supervisor starts it again after `downMs`. */
  kill(process: SimProcess, downMs: number): void;
}
