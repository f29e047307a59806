import { documents } from "./documents";
import { finish } from "./expect";
import { markdown } from "./markdown";
import { charts, periods, tasks } from "./pages";
import { contrast, history, terminal } from "./terminal";
import { asks, differences, runs } from "./texts";

terminal();
contrast();
history();
asks();
runs();
differences();
markdown();
documents();
tasks();
periods();
charts();
finish();
