/** How much the cost of a plan moves with each named parameter. */
export {};
