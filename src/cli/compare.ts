/** `disperse compare`. */
export {};
