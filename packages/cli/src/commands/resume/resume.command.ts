import { Command } from 'commander';
export const resumeCommand = new Command('resume').description('x');
