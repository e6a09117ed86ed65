// The branch counter: a customer sits down, the agent sees what to offer and records the answer.

import { counter } from "./counter.ts";

counter("branch");
