// The hotline desk: the same as at a counter, with everything that happens to the customer beside it, live.

import { counter } from "./counter.ts";

counter("hotline");
