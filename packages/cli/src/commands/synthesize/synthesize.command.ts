import { Command } from 'commander';
export const synthesizeCommand = new Command('synthesize').description('x');
