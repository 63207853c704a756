import { unreachable } from '../base/assert.ts';
import type { RandomSource } from '../base/random.ts';
import { Bbr } from './bbr.ts';
import type { PathClass, TransportConfig } from './config.ts';
import type { CongestionController } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { FixedWindow } from './fixed-window.ts';
import { NewReno } from './new-reno.ts';

/** The window that a controller begins with, bytes. */
export function initialWindow(config: TransportConfig, path: PathClass): number {
  const { congestionControl, arqWindow, initialWindowPackets, maxDatagramSize } = config;
  const packets = congestionControl === 'fixed' ? arqWindow : initialWindowPackets[path];
  return packets * maxDatagramSize;
}

/** The congestion controller that the configuration names. */
export function createController(
  config: TransportConfig,
  path: PathClass,
  random: RandomSource,
): CongestionController {
  switch (config.congestionControl) {
    case 'bbr':
      return new Bbr(config, path, random);
    case 'cubic':
      return new Cubic(config, path);
    case 'newreno':
      return new NewReno(config, path);
    case 'fixed':
      return new FixedWindow(config.arqWindow * config.maxDatagramSize);
    default:
      return unreachable(config.congestionControl);
  }
}
