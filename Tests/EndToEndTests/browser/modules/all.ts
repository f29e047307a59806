import { finish } from "./expect";
import { contrast, history, terminal } from "./terminal";
import { asks, differences, runs } from "./texts";

terminal();
contrast();
history();
asks();
runs();
differences();
finish();
