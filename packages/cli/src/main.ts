// The command `ggb`: wires the commands together and turns every outcome into an exit code. Each command's module is small
// and imports its work when it runs, so that help and mistakes in arguments cost no start of TensorFlow.js.
import { Command, CommanderError } from 'commander';
import { ggb } from './command-name.ts';
import { benchCommand } from './commands/bench/bench.command.ts';
import { dataCommand } from './commands/data/data.command.ts';
import { demoCommand } from './commands/demo/demo.command.ts';
import { doctorCommand } from './commands/doctor/doctor.command.ts';
import { evaluateCommand } from './commands/evaluate/evaluate.command.ts';
import { exportCommand } from './commands/export/export.command.ts';
import { resumeCommand } from './commands/resume/resume.command.ts';
import { synthesizeCommand } from './commands/synthesize/synthesize.command.ts';
import { trainCommand } from './commands/train/train.command.ts';
import { viewCommand } from './commands/view/view.command.ts';
import { packageVersion } from './package-version.ts';
import { describeError, exitCodes } from './user-error.ts';

const program = new Command('ggb')
  .description('Generative Guiding Block: train on pairs of images, synthesize, evaluate.')
  .version(packageVersion)
  .showHelpAfterError(`(${ggb} --help, or ${ggb} COMMAND --help, lists what there is)`)
  .addHelpText(
    'after',
    '\nResults go to stdout, progress to stderr. Exit codes: 0 done, 1 a bug in ggb, 2 something you can put right,\n130 ended by Ctrl-C (train, resume, view and a demo that trains end with 0: nothing is lost). GGB_DEBUG=1 adds stacks to messages; NO_COLOR takes colours away.',
  );
for (const command of [
  demoCommand,
  dataCommand,
  trainCommand,
  resumeCommand,
  synthesizeCommand,
  evaluateCommand,
  viewCommand,
  exportCommand,
  benchCommand,
  doctorCommand,
]) {
  program.addCommand(throwing(command));
}

// A reader that has seen enough (`ggb doctor | head -1`) closes the pipe: nothing is wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

// What nobody waits for fails here: also told, and with an exit code.
process.on('uncaughtException', (error) => {
  const { text, code } = describeError(error);
  console.error(text);
  process.exit(code);
});

try {
  await throwing(program).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commander's own exits become exceptions, and its errors look like ours, for it and for its subcommands. */
function throwing(command: Command): Command {
  command.exitOverride();
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'ggb: ')) });
  for (const subcommand of command.commands) throwing(subcommand);
  return command;
}

function exitCodeOf(error: unknown): number {
  // Commander has printed what it has to say; help and version are no errors, everything else is the user's to put right.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.userError;
  const { text, code } = describeError(error);
  console.error(text);
  return code;
}
