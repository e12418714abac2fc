import type { AcceleratorRow } from "./accelerator-row.ts";
import { nvidiaAccelerators } from "./accelerators-nvidia.ts";
import { otherAccelerators } from "./accelerators-other.ts";

const table = { ...nvidiaAccelerators, ...otherAccelerators };

export type AcceleratorId = keyof typeof table;

/** All accelerators by id. */
export const accelerators: Readonly<Record<AcceleratorId, AcceleratorRow>> = table;
