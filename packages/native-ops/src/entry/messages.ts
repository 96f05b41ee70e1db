// How errors of every package speak to people: one guess at what a name was meant to be, one way to list what is wrong. No
// TensorFlow.js, no Node.
export * from '../messages/nearest-name.ts';
export * from '../messages/problem-lines.ts';
