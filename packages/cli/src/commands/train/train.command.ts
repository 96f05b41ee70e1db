import { Command } from 'commander';
export const trainCommand = new Command('train').description('x');
