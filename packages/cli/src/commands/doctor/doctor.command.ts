import { Command } from 'commander';
import { exitCodes } from '../../user-error.ts';

export const doctorCommand = new Command('doctor')
  .description('say what works on this machine, what does not, why, and what to do')
  .option('--json', 'print the findings as JSON')
  .addHelpText('after', '\nExit code 2 if the backend that ggb uses by default, native-cpu, does not work here.')
  .action(async ({ json = false }: { json?: boolean }) => {
    const { examine, findingsText } = await import('./doctor.ts');
    const diagnosis = await examine();
    console.log(json ? JSON.stringify(diagnosis, null, 2) : findingsText(diagnosis));
    process.exitCode = diagnosis.usable ? exitCodes.ok : exitCodes.userError;
  });
