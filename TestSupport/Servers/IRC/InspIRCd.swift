internal import EventLoop
internal import Glibc
internal import Processes

/// InspIRCd 3: message tags, msgid, echoes, labels, real flood control; with Atheme services also accounts and SASL.
package final class InspIRCd: IRCTestServer {
    /// How it treats clients that write too fast.
    package enum Flood: Sendable {
        /// Practically unlimited.
        case none
        /// The limits of its example configuration: one command per second, ten at once; the rest is delayed.
        case fakelag
        /// The same limits; exceeding them ends the connection with `Excess Flood`.
        case excess
    }

    package let port: Int
    /// TLS connections; the server requests a client certificate.
    package let tlsPort: Int
    package let caFile: String
    private let program: ServerProgram
    private let services: Atheme?
    private let directory: TemporaryDirectory

    /// Without `hasCapabilities` it loads no IRCv3 modules and behaves like a server from the 1990s.
    package init(flood: Flood = .none, hasServices: Bool = false, hasCapabilities: Bool = true) async throws {
        let directory = try TemporaryDirectory()
        try TestFile.makeFolder(directory.path)
        for folder in ["data", "log"] { try TestFile.makeFolder("\(directory.path)/\(folder)") }
        let certificate = try await TestCertificate.make(in: directory.path)
        let ports = try FreePorts.take(3)
        self.port = ports[0]
        self.tlsPort = ports[1]
        self.caFile = certificate.certificate
        self.directory = directory
        let file = directory.path + "/inspircd.conf"
        try TestFile.write("Welcome to a test.\n", to: directory.path + "/motd")
        let text = Self.configuration(
            directory: directory.path, ports: ports, certificate: certificate, flood: flood,
            hasServices: hasServices, hasCapabilities: hasCapabilities)
        try TestFile.write(text, to: file)
        self.program = ServerProgram(
            Process.find("inspircd") ?? "/usr/sbin/inspircd",
            ["--nofork", "--config=\(file)"] + (getuid() == 0 ? ["--runasroot"] : []), directory: directory.path,
            ports: Array(ports.prefix(hasServices ? 3 : 2)))
        self.services = hasServices ? try Atheme(directory: directory.path, linkPort: ports[2]) : nil
        try await self.start()
    }

    /// Starts it, and its services, on the same ports.
    package func start() async throws {
        try await self.program.start()
        guard let services = self.services else { return }
        try await services.start()
        try await services.waitUntilLinked(to: self)
    }

    /// Shuts it down cleanly, services first.
    package func stop() async {
        await self.services?.stop()
        await self.program.stop()
    }

    /// Kills it and its services with SIGKILL.
    package func kill() async {
        await self.program.end(SIGKILL)
        await self.services?.stop()
    }

    /// Registers a nick with the services, which is also the account's name. With `certificate` it is also known by that client certificate.
    package func register(
        _ account: String, password: String, certificate: TestCertificate? = nil
    ) async throws {
        let peer = try await IRCPeer.connect(to: self, nick: account, certificate: certificate)
        try await peer.send("PRIVMSG NickServ :REGISTER \(password) \(account)@example.org")
        _ = try await peer.expect { $0.contains("NOTICE") && $0.contains("registered") }
        if certificate != nil {
            try await peer.send("PRIVMSG NickServ :CERT ADD")
            _ = try await peer.expect { $0.contains("NOTICE") && $0.lowercased().contains("fingerprint") }
        }
        await peer.quit()
    }

    private static func configuration(
        directory: String, ports: [Int], certificate: TestCertificate, flood: Flood, hasServices: Bool,
        hasCapabilities: Bool
    ) -> String {
        let limits =
            switch flood {
            case .none: #"threshold="10000" commandrate="100000" fakelag="no""#
            case .fakelag: #"threshold="10" commandrate="1000" fakelag="yes""#
            case .excess: #"threshold="10" commandrate="1000" fakelag="no""#
            }
        var modules = ["ssl_gnutls", "sslinfo", "namesx", "hidechans", "botmode", "override"]
        if hasCapabilities {
            modules += [
                "cap", "ircv3", "ircv3_servertime", "ircv3_msgid", "ircv3_echomessage", "ircv3_batch",
                "ircv3_labeledresponse", "ircv3_capnotify", "ircv3_ctctags", "ircv3_accounttag", "ircv3_chghost",
                "services_account", "monitor",
            ]
        }
        if hasServices { modules += ["spanningtree"] }
        return """
            <config format="xml">
            <server name="insp.test" description="Server of a test" network="TestNet" id="0TS">
            <admin name="nobody" nick="nobody" email="nobody@insp.test">
            <bind address="127.0.0.1" port="\(ports[0])" type="clients">
            <bind address="127.0.0.1" port="\(ports[1])" type="clients" sslprofile="own">
            <sslprofile name="own" provider="gnutls" certfile="\(certificate.certificate)" keyfile="\(certificate.key)" requestclientcert="yes" hash="sha256">
            <connect name="all" allow="*" timeout="60" pingfreq="120" hardsendq="8M" softsendq="1M" recvq="10K" localmax="2000" globalmax="2000" maxchans="100" resolvehostnames="no" useident="no" usests="no" \(limits)>
            <files motd="\(directory)/motd">
            <path datadir="\(directory)/data" logdir="\(directory)/log" runtimedir="\(directory)/data">
            <pid file="\(directory)/inspircd.pid">
            <log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
            <options defaultmodes="nt">
            <performance softlimit="4000" somaxconn="512">
            <security announceinvites="dynamic" maxtargets="5">
            <limits maxnick="31" maxchan="64" maxident="10" maxhost="64">
            <class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
            <type name="Op" classes="all">
            <oper name="root" password="pw-root" host="*@*" type="Op">

            """ + modules.map { "<module name=\"\($0)\">\n" }.joined()
                + (hasServices ? Self.link(port: ports[2]) : "")
    }

    private static func link(port: Int) -> String {
        """
        <bind address="127.0.0.1" port="\(port)" type="servers">
        <link name="services.test" ipaddr="127.0.0.1" port="\(port)" allowmask="127.0.0.1" sendpass="link" recvpass="link">
        <uline server="services.test" silent="yes">
        <module name="sasl">
        <sasl target="services.test" requiressl="no">

        """
    }
}
