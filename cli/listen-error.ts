import { StoreError } from '../lib/entry/store.ts';
import { CliError, ExitCode, errorCode, messageOf } from './errors.ts';

/** Why a server cannot listen, from the system's error. */
export function listenError(error: unknown, port: number, bind: string | undefined): CliError {
  const { other, usage } = ExitCode;
  if (error instanceof StoreError) return storeError(error);
  switch (errorCode(error)) {
    case 'EADDRINUSE': {
      const hint = `try another port: udpchat host ${port < 65_535 ? port + 1 : port - 1}`;
      return new CliError(`port ${port} is already in use`, { exitCode: other, hint });
    }
    case 'EACCES': {
      const hint = 'ports below 1024 are for the administrator; try 5000';
      return new CliError(`not allowed to use port ${port}`, { exitCode: other, hint });
    }
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
    case 'ENOTFOUND': {
      const hint = 'leave --bind out to listen on all addresses';
      return new CliError(`${bind ?? 'the address'} is not an address of this machine`, {
        exitCode: usage,
        hint,
      });
    }
    default:
      return new CliError(`cannot listen on port ${port}: ${messageOf(error)}`, {
        exitCode: other,
      });
  }
}

/** Why a data directory cannot be used. */
function storeError({ code, message }: StoreError): CliError {
  const hints = {
    locked: 'choose another folder with --data, or keep nothing with --ephemeral',
    newer: undefined,
    'no-access': 'choose another folder with --data, or keep nothing with --ephemeral',
  };
  const hint = hints[code];
  return new CliError(message, { exitCode: ExitCode.other, ...(hint !== undefined && { hint }) });
}
