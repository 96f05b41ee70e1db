// What Vite makes modules of.
declare module '*.css';
