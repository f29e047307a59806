// Outside of the jail: listens inside its network, where the jail's own processes may not take the ports below 1024.
//   jetbridge-init listen NETWORK SOCKET ADDRESS PORT …
// NETWORK is a descriptor of the jail's network namespace. The addresses are of one network of 256, which is made local
// there: one beyond 127.0.0.0/8, because programs that guard against requests to private addresses look names up. Each listening socket goes to the host over SOCKET, with one
// byte, in the order of the addresses; the end before the last one means failure, which standard error explains.
#include "init.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what) {
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

/// Root enters at once. Another user is the owner of the user namespace to which the network belongs, and has all
/// capabilities once in it (user_namespaces(7)).
static void enter(int network) {
    if (setns(network, CLONE_NEWNET) == 0) return;
    int owner = ioctl(network, NS_GET_USERNS);
    if (owner < 0 || setns(owner, CLONE_NEWUSER) != 0 || setns(network, CLONE_NEWNET) != 0)
        fail("the jail's network cannot be entered");
}

/// Gives the loopback interface the network around an address: all of it is then local (ip-address(8), netdevice(7)).
static void add_network(const char *text) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo:0"};
    struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
    address->sin_family = AF_INET;
    if (control < 0 || inet_pton(AF_INET, text, &address->sin_addr) != 1) fail("a socket cannot be made");
    if (ioctl(control, SIOCSIFADDR, &request) != 0) fail("the jail's loopback cannot have another address");
    address->sin_addr.s_addr = htonl(0xFFFFFF00);
    if (ioctl(control, SIOCSIFNETMASK, &request) != 0) fail("the jail's loopback cannot have another network");
    close(control);
}

static int listener_at(const char *text, const char *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (listener < 0 || inet_pton(AF_INET, text, &address.sin_addr) != 1) fail("a socket cannot be made");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0)
        fail("a port of the jail cannot be taken");
    return listener;
}

int listen_main(int count, char **arguments) {
    if (count < 2 || count % 2 != 0) return 2;
    int target = atoi(arguments[1]);
    enter(atoi(arguments[0]));
    if (count > 2) add_network(arguments[2]);
    for (int at = 2; at < count; at += 2) {
        int listener = listener_at(arguments[at], arguments[at + 1]);
        if (send_descriptor(target, "+", 1, listener) != 1) fail("a socket cannot be handed over");
        close(listener);
    }
    return 0;
}
