import test from "node:test";
import assert from "node:assert/strict";
import { splitAmount } from "./split.mjs";
