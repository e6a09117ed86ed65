// The way in: one object with the four services, leases and events.

import { type Event, type EventFilter, events } from "./events.ts";
import { Campaign } from "./generated/campaign.ts";
import { Offers } from "./generated/offers.ts";
import { Profile } from "./generated/profile.ts";
import { Touchpoint } from "./generated/touchpoint.ts";
import { type LeaseOptions, Task } from "./leases.ts";
import { type Retries, USUAL } from "./retries.ts";
import { type Token, Transport } from "./transport.ts";

const SERVICES = ["profile", "offers", "touchpoint", "campaign"] as const;
type Service = (typeof SERVICES)[number];

/** Where `make up` starts the services. */
const LOCAL: Record<Service, string> = {
  profile: "http://127.0.0.1:8101",
  offers: "http://127.0.0.1:8102",
  touchpoint: "http://127.0.0.1:8103",
  campaign: "http://127.0.0.1:8104",
};

export interface Options {
  token: Token;
  /** Of a gateway that has the services at `/profile`, `/offers`, `/touchpoint` and `/campaign`. */
  baseUrl?: string;
  /** Base address by service, for those that are elsewhere. Without either: where `make up` starts them. */
  urls?: Partial<Record<Service, string>>;
  retries?: Partial<Retries>;
  /** In place of the one that browser or Node has. */
  fetch?: typeof globalThis.fetch;
}

/** All of Rapport. */
export class Rapport {
  readonly profile: Profile;
  readonly offers: Offers;
  readonly touchpoint: Touchpoint;
  readonly campaign: Campaign;
  readonly #transports: Record<Service, Transport>;

  constructor(options: Options) {
    const retries = { ...USUAL, ...options.retries };
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const transport = (service: Service): Transport => {
      const behind = options.baseUrl && `${options.baseUrl.replace(/\/$/, "")}/${service}`;
      return new Transport(options.urls?.[service] ?? behind ?? LOCAL[service], options.token, retries, fetch);
    };
    this.#transports = {
      profile: transport("profile"),
      offers: transport("offers"),
      touchpoint: transport("touchpoint"),
      campaign: transport("campaign"),
    };
    this.profile = new Profile(this.#transports.profile);
    this.offers = new Offers(this.#transports.offers);
    this.touchpoint = new Touchpoint(this.#transports.touchpoint);
    this.campaign = new Campaign(this.#transports.campaign);
  }

  /** One request to a service, for what the typed operations leave out, such as the headers of the answer. */
  send(service: Service, method: string, path: string, told: Parameters<Transport["send"]>[2] = {}): Promise<Response> {
    return this.#transports[service].send(method, path, told);
  }

  /** Fetch one contact to carry out and hold it; undefined when there is nothing to do. */
  async lease(channel: "call" | "branch", options: LeaseOptions = {}): Promise<Task | undefined> {
    const seconds = options.seconds ?? 60;
    const { items } = await this.touchpoint.leaseContacts(channel, {
      limit: 1,
      seconds,
      ...(options.place === undefined ? {} : { place: options.place }),
      ...(options.campaignId === undefined ? {} : { campaign_id: options.campaignId }),
    });
    const found = items[0];
    return found && new Task(this.touchpoint, found, seconds);
  }

  /** Events as they happen, until the loop is left or the filter's signal ends it. */
  events(filter: EventFilter = {}): AsyncGenerator<Event> {
    return events(this.#transports.touchpoint, filter);
  }
}
