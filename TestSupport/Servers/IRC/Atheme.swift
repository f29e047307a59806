internal import Glibc
internal import Processes

/// Atheme services for an ``InspIRCd``: accounts that own their nicks, NickServ and SASL.
final class Atheme: Sendable {
    private let program: ServerProgram

    init(directory: String, linkPort: Int) throws {
        let file = directory + "/atheme.conf"
        let names = [
            "protocol/inspircd", "backend/opensex", "crypto/pbkdf2v2", "nickserv/main", "nickserv/register",
            "nickserv/identify", "nickserv/info", "nickserv/cert", "nickserv/enforce", "saslserv/main",
            "saslserv/plain", "saslserv/external",
        ]
        let text =
            names.map { "loadmodule \"modules/\($0)\";\n" }.joined() + """
                serverinfo {
                    name = "services.test"; desc = "Services of a test"; numeric = "0AT"; recontime = 1;
                    netname = "TestNet"; hidehostsuffix = "users.test"; adminname = "nobody";
                    adminemail = "nobody@services.test"; registeremail = "nobody@services.test"; mta = "/bin/true";
                    loglevel = { error; info; network; }; maxlogins = 100; maxusers = 0; maxnicks = 5; maxchans = 5;
                    mdlimit = 30; emaillimit = 1000; emailtime = 1; auth = none; casemapping = rfc1459;
                };
                uplink "insp.test" {
                    host = "127.0.0.1"; port = \(linkPort); send_password = "link"; receive_password = "link";
                };
                nickserv { nick = "NickServ"; user = "nick"; host = "services.test"; real = "N"; };
                saslserv { nick = "SaslServ"; user = "sasl"; host = "services.test"; real = "S"; };
                general { helpchan = "#help"; flood_msgs = 0; commit_interval = 60; };

                """
        try TestFile.write(text, to: file)
        let services = [
            Process.find("atheme-services") ?? "/usr/bin/atheme-services", "-n", "-c", file, "-D", directory + "/data",
            "-p", directory + "/atheme.pid", "-l", directory + "/log/atheme.log",
        ]
        // It refuses to run as root.
        let user = ["setpriv", "--reuid=irc", "--regid=irc", "--clear-groups"]
        let words = getuid() == 0 ? user + services : services
        self.program = ServerProgram(words[0], Array(words.dropFirst()), directory: directory, ports: [])
    }

    func start() async throws { try await self.program.start() }

    func stop() async { await self.program.stop() }

    /// NickServ appears once the services are linked.
    func waitUntilLinked(to server: InspIRCd) async throws {
        let peer = try await IRCPeer.connect(to: server, nick: "waits")
        for _ in 0..<200 {
            try await peer.send("WHOIS NickServ")
            let answer = try await peer.expect { $0.contains(" 311 ") || $0.contains(" 401 ") }
            if answer.contains(" 311 ") {
                await peer.quit()
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw IRCTestFailure("services did not link: \(await self.program.log)")
    }
}
