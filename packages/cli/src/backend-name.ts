// The backend of a command's flag. Training takes it from the config instead, where the schema checks it.
import { type BackendName, backendNames } from '@ggb/core';
import { UserError } from './user-error.ts';

export function backendName(text: string): BackendName {
  const found = backendNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UserError('there is no such backend', {
    where: '--backend',
    expected: backendNames.join(', '),
    received: text,
  });
}
