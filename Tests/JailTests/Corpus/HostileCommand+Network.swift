/// The network, without any allowed address.
extension HostileCommand {
    static let network: [HostileCommand] = [
        .python(
            "a listener of the host",
            "s = socket.socket(); s.settimeout(2)\ntry:\n    s.connect(('127.0.0.1', {PORT})); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "a listener of the host over IPv6",
            "s = socket.socket(socket.AF_INET6); s.settimeout(2)\ntry:\n    s.connect(('::1', {PORT})); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "an abstract socket of the host",
            "s = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect('\\0{ABSTRACT}'); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "a socket file of the host",
            "s = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect('{SOCKET}'); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "the metadata service",
            "s = socket.socket(); s.settimeout(2)\ntry:\n    s.connect(('169.254.169.254', 80)); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "an address of the internet",
            "s = socket.socket(); s.settimeout(2)\ntry:\n    s.connect(('1.1.1.1', 443)); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "a packet to a name server",
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ntry:\n    s.sendto(b'x', ('8.8.8.8', 53)); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "a look-up", "try:\n    socket.getaddrinfo('example.com', 80); escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .python(
            "raw sockets",
            "for family, kind in ((socket.AF_INET, socket.SOCK_RAW), (17, socket.SOCK_RAW)):\n    try: socket.socket(family, kind, 1); escaped()\n    except OSError: pass"
        ),
        .python(
            "the hypervisor",
            "try:\n    socket.socket(40, socket.SOCK_STREAM); escaped()\nexcept OSError as e: print(e.errno == errno.EAFNOSUPPORT)",
            .prints("True")),
        .python(
            "other families",
            "for family in range(1, 46):\n    if family in (1, 2, 10, 16): continue\n    try: socket.socket(family, socket.SOCK_DGRAM); escaped()\n    except OSError: pass"
        ),
        .python(
            "netlink",
            "for protocol in range(1, 32):\n    try: socket.socket(16, socket.SOCK_RAW, protocol); escaped()\n    except OSError: pass"
        ),
        .init(
            "interfaces",
            "ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | grep -v lo && echo ESC\"\"APED; true",
            .prints("")),
        .init(
            "sockets of the host", "tail -n +2 /proc/net/unix | grep -q '{ABSTRACT}' && echo ESC\"\"APED; true",
            .prints("")),
    ]
}
