/**
 * The command as it can be typed in a folder of this repository, for examples and advice: npm puts `ggb` on no PATH.
 * Whoever installs it elsewhere can leave npx out.
 */
export const ggb = 'npx --no-install ggb';
