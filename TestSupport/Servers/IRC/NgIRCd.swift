internal import Processes

/// ngIRCd: no accounts, no tags; it delays floods and ends connections for lines that are too long.
package final class NgIRCd: IRCTestServer {
    package let port: Int
    package let tlsPort: Int
    package let caFile: String
    private let program: ServerProgram
    private let directory: TemporaryDirectory

    /// `hasPenalty`: with its default flood limits; otherwise with none.
    package init(hasPenalty: Bool = true, password: String? = nil) async throws {
        let directory = try TemporaryDirectory()
        try TestFile.makeFolder(directory.path)
        let certificate = try await TestCertificate.make(in: directory.path)
        let group = try await TestCertificate.group(in: directory.path)
        let ports = try FreePorts.take(2)
        self.port = ports[0]
        self.tlsPort = ports[1]
        self.caFile = certificate.certificate
        self.directory = directory
        let file = directory.path + "/ngircd.conf"
        try TestFile.write("Welcome to a test.\n", to: directory.path + "/motd")
        try TestFile.write(
            """
            [Global]
                Name = ng.test
                Info = Server of a test
                AdminEMail = nobody@ng.test
                Listen = 127.0.0.1
                Ports = \(ports[0])
                MotdFile = \(directory.path)/motd
                ServerUID = nobody
                ServerGID = nogroup
                \(password.map { "Password = \($0)" } ?? "")
            [Limits]
                MaxConnectionsIP = 0
                MaxJoins = 50
                \(hasPenalty ? "" : "MaxPenaltyTime = 0")
            [Options]
                DNS = no
                Ident = no
                PAM = no
            [SSL]
                CertFile = \(certificate.certificate)
                DHFile = \(group)
                KeyFile = \(certificate.key)
                Ports = \(ports[1])

            """, to: file)
        self.program = ServerProgram(
            Process.find("ngircd") ?? "/usr/sbin/ngircd", ["-n", "-f", file], directory: directory.path, ports: ports)
        try await self.start()
    }

    package func start() async throws { try await self.program.start() }

    package func stop() async { await self.program.stop() }

    package func kill() async { await self.program.end(9) }
}
