import { spawnSync } from 'node:child_process';
import type { Impairment } from '../impairment.ts';
import { netemObstacles, type Obstacle, obstacleOf, takenDevice } from '../netem/obstacle.ts';
import {
  type Command,
  devicePlan,
  foreignQdisc,
  forgetTcp,
  formatPlan,
  inside,
  type NamespacePair,
  namespacePair,
  pairPlan,
  type Step,
  staleNamespaces,
  weatherPlan,
} from '../netem/plan.ts';
import { netemFacts, systemPath } from './netem-facts.ts';

/** Why there is no netem, for people: what stands in the way, and what to do about each. */
export class NetemError extends Error {
  override readonly name = 'NetemError';
  readonly obstacles: readonly Obstacle[];

  constructor(obstacles: readonly Obstacle[]) {
    super(obstacles.map(({ message }) => message).join('; '));
    this.obstacles = obstacles;
  }
}

/**
 * What was done to the system and is still to be undone, latest first. Everything runs
 * synchronously, so that no signal comes between doing and noting down, and so that it can be
 * undone when the process exits for whatever reason but SIGKILL.
 */
class Undo {
  readonly #commands: Command[] = [];
  readonly #onExit = (): void => this.downTo(0);

  /** How much there is to undo. */
  get size(): number {
    return this.#commands.length;
  }

  /** Does a plan, or after an error nothing of it. Throws NetemError. */
  perform(steps: readonly Step[]): void {
    const before = this.size;
    try {
      for (const step of steps) {
        run(step.run);
        if (step.undo !== undefined) this.#note(step.undo);
      }
    } catch (error) {
      this.downTo(before);
      throw error;
    }
  }

  /** Undoes the latest, until so much is left. */
  downTo(size: number): void {
    while (this.size > size) {
      const [program, ...args] = this.#commands.pop() ?? ['true'];
      execute(program, args);
    }
    if (this.size === 0) process.off('exit', this.#onExit);
  }

  #note(command: Command): void {
    if (this.size === 0) process.on('exit', this.#onExit);
    this.#commands.push(command);
  }
}

/** Pairs that this process has made; each has a name of its own. */
let made = 0;

/** Two namespaces joined by a cable with real tc netem on both of its ends. Linux, root. */
export class NetemNetwork {
  readonly pair: NamespacePair;
  readonly #undo = new Undo();
  /** What there is to undo without the weather. */
  #bare = 0;

  private constructor() {
    this.pair = namespacePair(process.pid, made++);
  }

  /**
   * Removes what killed processes left behind, then makes the pair. Throws NetemError; then nothing
   * is left.
   */
  static open(): NetemNetwork {
    check();
    removeStale();
    const network = new NetemNetwork();
    network.#undo.perform(pairPlan(network.pair));
    network.#bare = network.#undo.size;
    return network;
  }

  /** Changes the weather, each way; returns the commands that did it. Throws NetemError. */
  change(impairment: Impairment): string[] {
    this.#undo.downTo(this.#bare);
    const plan = weatherPlan(this.pair, impairment);
    this.#undo.perform(plan);
    for (const command of forgetTcp(this.pair)) run(command);
    return formatPlan(plan);
  }

  /** What to put in front of a command to run it at an end: 0 the sender's, 1 the receiver's. */
  inside(end: 0 | 1): Command {
    return inside(this.pair, end);
  }

  /** Removes all of it. */
  close(): void {
    this.#undo.downTo(0);
  }
}

/**
 * Puts netem on a real interface of this machine: on what leaves it. Returns what takes it away
 * again. Throws NetemError.
 */
export function impairDevice(device: string, impairment: Impairment): () => void {
  check();
  const foreign = foreignQdisc(run(['tc', 'qdisc', 'show', 'dev', device]));
  if (foreign !== undefined) throw new NetemError([takenDevice(device, foreign)]);
  const undo = new Undo();
  undo.perform(devicePlan(device, impairment));
  return () => undo.downTo(0);
}

function check(): void {
  const obstacles = netemObstacles(netemFacts());
  if (obstacles.length > 0) throw new NetemError(obstacles);
}

function removeStale(): void {
  const { said } = execute('ip', ['netns', 'list']);
  for (const name of staleNamespaces(said, isAlive)) execute('ip', ['netns', 'delete', name]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Returns what it prints. Throws NetemError when it fails. */
function run(command: Command): string {
  const [program, ...args] = command;
  const { said, complaint, isDone } = execute(program, args);
  if (isDone) return said;
  throw new NetemError([obstacleOf({ command, said: complaint }, netemFacts())]);
}

function execute(
  program: string,
  args: readonly string[],
): { isDone: boolean; said: string; complaint: string } {
  const env = { ...process.env, PATH: systemPath(), LC_ALL: 'C' };
  const { status, stdout, stderr, signal, error } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
  });
  const complaint = stderr || (error?.message ?? (signal === null ? '' : `ended by ${signal}`));
  return { isDone: status === 0, said: stdout ?? '', complaint };
}
