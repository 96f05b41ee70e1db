import { Command } from 'commander';
export const dataCommand = new Command('data').description('x');
