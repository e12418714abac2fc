/** Version of the facts: the day they were last changed. A world carries it, so that a plan says what it was made from. */
export const catalogVersion = "2026-11-27";
