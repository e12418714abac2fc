/** Centralised, regional, distributed and free variants of the same demand side by side. */
export {};
