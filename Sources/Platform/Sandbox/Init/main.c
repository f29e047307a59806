#include "init.h"
#include <string.h>

int main(int count, char **arguments) {
    if (count >= 2 && strcmp(arguments[1], "launch") == 0) return launch(count - 2, arguments + 2);
    if (count >= 2 && strcmp(arguments[1], "init") == 0) return init_main(count - 2, arguments + 2);
    if (count >= 2 && strcmp(arguments[1], "listen") == 0) return listen_main(count - 2, arguments + 2);
    return 2;
}
