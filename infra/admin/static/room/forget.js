// On the page to log in: nothing of what was done in the room is left for whoever sits down here next.
import { Store } from "./store.js";

await Store.forgetAll();
