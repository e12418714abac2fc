/** Why a plan does what it does: a site, a demand, a limit. */
export {};
