/**
 * The public names: what a program needs that runs a gateway inside itself, or
 * checks a configuration. `gatehouse run` does no more than this with them. What
 * is not named here may change without notice.
 */
export type { Config } from './config/config.ts';
export { type Fault, formatFault } from './config/faults.ts';
export { type ConfigSource, loadConfig, type LoadedConfig, parseConfig } from './config/load.ts';
export { type Running, runGateway, type RunParts } from './running/run.ts';
export { type Clock, type Log, type LogLevel, systemClock } from './world.ts';
