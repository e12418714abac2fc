/** `disperse diff`. */
export {};
