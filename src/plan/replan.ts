/** A new plan that starts from an old one, with a price on moves. */
export {};
