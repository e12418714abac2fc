/** `disperse sensitivity`. */
export {};
