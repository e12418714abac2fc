/** `disperse explain`. */
export {};
