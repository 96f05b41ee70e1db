// Runs a command with another Node: with-node.mjs 22 npm test. The Node comes from the npm package `node`, installed once
// into an ignored folder; nothing of the repository or the machine changes.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { scratchFolder } from '../bootstrap/repository.mjs';
import { outputOf, runCommand } from '../bootstrap/run-command.mjs';
import { main } from '../bootstrap/set-up.mjs';
import { SetUpError } from '../bootstrap/set-up-error.mjs';

await main(() => {
  const [version = '', command = '', ...args] = process.argv.slice(2);
  if (!/^\d+$/.test(version) || command === '') {
    throw new SetUpError(
      'other Node',
      'a major version and a command are needed.',
      'For example: with-node.mjs 22 npm test',
    );
  }
  const binFolder = ensureNode(version);
  // npm must be the child's own choice: the one that runs us belongs to another Node.
  const { npm_execpath: _npm, npm_node_execpath: _node, ...env } = process.env;
  env.PATH = `${binFolder}${delimiter}${process.env.PATH}`;
  console.log(`with-node: ${outputOf(join(binFolder, 'node'), ['--version'])?.trim()}`);
  return runCommand(command, args, env);
});

/** @param {string} version */
function ensureNode(version) {
  const folder = join(scratchFolder, `node${version}`);
  const binFolder = join(folder, 'node_modules', 'node', 'bin');
  if (outputOf(join(binFolder, 'node'), ['--version'])?.startsWith(`v${version}.`)) return binFolder;
  console.log(`with-node: installing node@${version} from npm`);
  mkdirSync(folder, { recursive: true });
  // A package.json of its own, or npm would walk up and install into the repository. The package `node` fetches its
  // binary, itself an npm package, in an install script.
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
  const status = runCommand('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `node@${version}`]);
  if (status !== 0 || outputOf(join(binFolder, 'node'), ['--version']) === undefined) {
    throw new SetUpError(
      'other Node',
      `npm could not install node@${version}.`,
      'Check that the npm registry can be reached.',
    );
  }
  return binFolder;
}
