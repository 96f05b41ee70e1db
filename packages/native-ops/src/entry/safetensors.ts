// Weights as files hold them: bytes in, bytes out, no TF.js and nothing of Node, so that every package and a page may use it.
export * from '../tensor-files/safetensors.ts';
