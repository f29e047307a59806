import { openSecond } from "./views/second";
openSecond("analytics", "Analytics", () => undefined);
