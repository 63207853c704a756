import { type Command, formatCommand } from './plan.ts';

/** What is known of a machine that is to run tc netem. */
export interface NetemFacts {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Programs of iproute2 that were looked for in vain. */
  readonly missing: readonly string[];
  /** As `uname -r` prints it. */
  readonly kernel: string;
  readonly isWsl: boolean;
  /** CONFIG_NET_SCH_NETEM of the kernel: built in, a module, not there; undefined: unknown. */
  readonly config: 'y' | 'm' | 'n' | undefined;
}

/** A command that did not do what it should. */
export interface FailedCommand {
  readonly command: Command;
  /** What it printed to stderr. */
  readonly said: string;
}

/** Why there is no netem here, and what to do about it; a line each. */
export interface Obstacle {
  readonly message: string;
  readonly hint: string;
}

const ELSEWHERE = 'lab proxy and --ground socket need neither root nor Linux';

/** What stands in the way of netem for all that is known before it is tried; none: try. */
export function netemObstacles(facts: NetemFacts): Obstacle[] {
  const { platform, isRoot, missing, kernel, config } = facts;
  if (platform !== 'linux') {
    const message = `tc netem is a part of Linux, and this is ${platform}`;
    return [{ message, hint: ELSEWHERE }];
  }
  const obstacles: Obstacle[] = [];
  if (missing.length > 0) {
    obstacles.push({
      message: `iproute2 is missing: there is no "${missing.join('" and no "')}" on the PATH`,
      hint: 'apt install iproute2, or dnf install iproute-tc',
    });
  }
  if (config === 'n') obstacles.push(withoutModule(facts, 'was built without sch_netem'));
  if (!isRoot) {
    const message = `network namespaces and tc (kernel ${kernel}) are for root only`;
    obstacles.push({ message, hint: `sudo with the same command; ${ELSEWHERE}` });
  }
  return obstacles;
}

/** What a command that failed says about the machine. */
export function obstacleOf({ command, said }: FailedCommand, facts: NetemFacts): Obstacle {
  const text = said.trim().split('\n')[0] ?? '';
  if (/qdisc kind is unknown|netem.*No such file/i.test(said)) {
    const why = facts.config === 'm' ? 'did not load its module sch_netem' : 'has no sch_netem';
    return withoutModule(facts, why);
  }
  const shown = formatCommand(command);
  if (/not permitted|permission denied/i.test(said)) {
    return {
      message: `root may not do this here: ${shown}: ${text}`,
      hint: 'in a container it takes --privileged, or CAP_NET_ADMIN and CAP_SYS_ADMIN',
    };
  }
  if (/cannot find device/i.test(said)) {
    return { message: `${shown}: ${text}`, hint: 'ip link shows which interfaces there are' };
  }
  return { message: `${shown}: ${text}`, hint: 'everything it had done was undone' };
}

/** An interface whose root qdisc is somebody's. */
export function takenDevice(device: string, qdisc: string): Obstacle {
  const message = `${device} has a qdisc that somebody put there (${qdisc}); netem would end it`;
  return { message, hint: `if it may go: tc qdisc delete dev ${device} root` };
}

function withoutModule({ isWsl, kernel, config }: NetemFacts, why: string): Obstacle {
  const said = config === 'n' ? ': CONFIG_NET_SCH_NETEM is not set' : '';
  const message = `the kernel here, ${kernel}, ${why}${said}`;
  if (isWsl) {
    return { message, hint: `this is WSL: wsl --update may bring it; else ${ELSEWHERE}` };
  }
  const hints = {
    m: 'modprobe sch_netem; in a container, on the machine that it runs on',
    n: `it takes another kernel, as in a virtual machine; ${ELSEWHERE}`,
    unknown: `apt install linux-modules-extra-${kernel}, or dnf install kernel-modules-extra`,
  };
  return { message, hint: config === 'y' ? ELSEWHERE : hints[config ?? 'unknown'] };
}
