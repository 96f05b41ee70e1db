import { Command } from 'commander';
import { portNumber } from '../../arguments.ts';

const several = (value: string, before: readonly string[] = []) => [...before, value];

export const viewCommand = new Command('view')
  .description('look at results in the browser: runs, folders of images, key points by hand')
  .argument(
    '[folders...]',
    'runs, folders with runs in them, reports of ggb evaluate --json; default: runs and demo, where this is called',
  )
  .option('--real <folder>', 'compare images without a run: the real ones')
  .option('--generated <folder>', 'and those to be judged, named as the real ones')
  .option('--protocol <name>', 'SSIM by this protocol for those two folders; default: tf')
  .option('--annotate <folder>', "mark joints in this folder's photos; writes pairs.jsonl in it")
  .option('--export <folder>', 'write the page and its pictures into this new folder, for a web host or a mail')
  .option(
    '--data <folder>',
    'also show pictures from here, where a manifest or report leads to them; repeatable',
    several,
  )
  .option('--port <number>', 'port on 127.0.0.1; default: a free one', portNumber)
  .option('--no-open', 'print the address and open no browser')
  .addHelpText(
    'after',
    `
The address that is printed carries a token; whoever does not have it sees nothing, on this machine as elsewhere. The browser
is given the address in a file that only you can read. Only folders that are named are shown, and the folder of the manifest
that a run names; of a report those that do not lie elsewhere than the report, or that --data names.
Over SSH: ssh -L PORT:127.0.0.1:PORT, then open the address.`,
  );

viewCommand.action(async (folders, options) => {
  const { view } = await import('./view.ts');
  await view({ folders, ...options });
});
