// Rapport from TypeScript, for browsers and Node.
//
// What always holds:
// - a write carries an Idempotency-Key, the same in every attempt, so an attempt too many has no effect;
// - what may pass is tried again: a connection that breaks, 429 and 5xx, as often as `retries` says;
// - what the services refuse is a `Problem`, with the type that the documentation of the route names.

export { Rapport, type Options } from "./client.ts";
export { type Event, type EventFilter } from "./events.ts";
export { Task, type LeaseOptions } from "./leases.ts";
export { ContactRecalled, LeaseLost, NotThere, Problem, Unreachable, type FieldProblem } from "./problems.ts";
export { type Retries } from "./retries.ts";
export { type Token, type Write } from "./transport.ts";
export type * as campaign from "./generated/campaign.ts";
export type * as offers from "./generated/offers.ts";
export type * as profile from "./generated/profile.ts";
export type * as touchpoint from "./generated/touchpoint.ts";
